// The pages in a browser: node tests/web/pages.mjs BASE MODULES
// BASE is a running service, MODULES a folder with playwright-core, axe-core and acorn in its node_modules. The browser is
// Debian's Chromium, or what CHROMIUM names. LODE_PICTURES names a folder for pictures of every page; ONLY a part of the
// names of the tests to run.
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import { launch, looks, watch, english } from './browser.mjs';

const [base, modules] = process.argv.slice(2);
const pictures = process.env.LODE_PICTURES;
if (pictures) mkdirSync(pictures, { recursive: true });
const { browser, require, axe } = await launch(modules);

const failures = [];
const only = process.env.ONLY;
async function test(name, run) {
  if (only && !name.includes(only)) return;
  const began = Date.now();
  try {
    await run();
    console.log(`ok   ${name} (${Date.now() - began} ms)`);
  } catch (error) {
    failures.push(name);
    console.log(`FAIL ${name}\n     ${String(error.message || error).split('\n').slice(0, 12).join('\n     ')}`);
  }
}

// A page that must not complain: errors of scripts, of the console (a broken policy among them) and of requests.
async function open(path, { dark = false, phone = false, script = true, unit, wide = 1280 } = {}) {
  const context = await browser.newContext({
    viewport: phone ? { width: 360, height: 740 } : { width: wide, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: script,
    acceptDownloads: true,
    bypassCSP: false,
  });
  if (unit) await context.addCookies([{ name: 'lode_unit', value: unit, url: base }]);
  const page = await context.newPage();
  page.complaints = watch(page, base);
  page.close2 = async () => {
    const complaints = page.complaints;
    await context.close();
    assert.deepEqual(complaints, []);
  };
  await page.goto(base + path, { waitUntil: 'load' });
  return page;
}

const topics = [
  'assessment', 'starting-price', 'transfer-income', 'benchmark-value', 'unpaid-reserves', 'annual-income', 'instalments',
  'split', 'late-fee', 'arrears', 'true-up', 'refund', 'fund-occupation-charge', 'projections',
];
const formOf = (topic) => (topic === 'projections' ? '/projection' : `/calc/${topic}`);

// The example of a topic: where its link leads.
async function exampleOf(topic) {
  const html = await (await fetch(base + formOf(topic))).text();
  const links = [...html.matchAll(/href="([^"]+)"/g)].map((found) => found[1].replace(/&#38;|&amp;/g, '&'));
  return links.find((link) => link.startsWith(`${formOf(topic)}?`) && !link.includes('lang=en'));
}
const fieldsOf = (link) => [...new URLSearchParams(link.split('?')[1])];

async function settled(page) {
  await page.waitForFunction(() => !document.querySelector('.htmx-request'));
  await page.waitForTimeout(20);
}

// Types a value where the form asks for it: rows are added, what is folded is opened, what is hidden is a mistake.
async function fill(page, name, value) {
  const parts = name.split('.');
  for (let at = 1; at < parts.length; at += 1) {
    if (/^\d+$/.test(parts[at])) {
      const list = parts.slice(0, at).join('.');
      if ((await page.locator(`[name^="${list}.${parts[at]}."], [name^="wan:${list}.${parts[at]}."]`).count()) === 0) {
        const button = page.locator(`button[name="add"][value="${list}"]`);
        await unfold(button);
        await button.click();
        await page.waitForSelector(`[name^="${list}.${parts[at]}."]`, { state: 'attached' });
        await settled(page);
      }
    }
  }
  const input = page.locator(`#form [name="${name}"]`);
  await unfold(input);
  await input.waitFor({ state: 'visible', timeout: 3000 }).catch(() => { throw new Error(`the form does not ask for ${name}`); });
  if ((await input.evaluate((element) => element.tagName)) === 'SELECT') await input.selectOption(value);
  else { await input.fill(value); await input.dispatchEvent('change'); }
  // A change asks for the result after 120 ms.
  await page.waitForTimeout(150);
  await settled(page);
}
async function unfold(locator) {
  await locator.evaluate((element) => {
    for (let fold = element.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  });
}

for (const topic of topics) {
  await test(`${topic}: from the empty form to the result of the API`, async () => {
    const link = await exampleOf(topic);
    const page = await open(formOf(topic));
    assert.ok(await page.locator('#answer .empty').count(), 'the form is empty at first');
    for (const [name, value] of fieldsOf(link)) await fill(page, name, value);
    await page.click('#form .primary');
    await page.waitForSelector('#answer .result', { timeout: 30000 }).catch(async () => {
      throw new Error(`no result but: ${(await page.locator('#answer').innerText()).slice(0, 400)} at ${page.url()}`);
    });
    await settled(page);
    const shown = await page.locator('#answer').innerText();
    const query = link.split('?')[1];
    const answer = await (await fetch(`${base}/calc/${topic}/answer.txt?${query}`)).text();
    const figure = answer.split('\n').map((line) => line.match(/: ([\d,]+\.\d\d)/)).find(Boolean);
    if (figure) assert.ok(shown.includes(figure[1]), `${figure[1]} is shown`);
    // The address is the calculation: opened anew it shows the same.
    assert.equal(new URL(page.url()).pathname, formOf(topic));
    const again = await open(page.url().slice(base.length));
    assert.equal(await again.locator('#answer .result').count(), 1);
    if (figure) assert.ok((await again.locator('#answer').innerText()).includes(figure[1]));
    await again.close2();
    await page.close2();
  });
}

await test('an error stands at its field and goes away when it is mended', async () => {
  const page = await open('/calc/late-fee');
  await fill(page, 'principal', '-5');
  await fill(page, 'due_date', '2024-01-10');
  await fill(page, 'as_of', '2024-03-31');
  await page.waitForSelector('#e-f-principal p');
  assert.equal(await page.getAttribute('#f-principal', 'aria-invalid'), 'true');
  await page.click('#faults a[href="#f-principal"]');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'f-principal');
  await fill(page, 'principal', '100000');
  await page.waitForSelector('#answer .result');
  assert.equal(await page.getAttribute('#f-principal', 'aria-invalid'), null);
  assert.match(await page.locator('.figure .amount').innerText(), /16,200\.00/);
  await page.close2();
});

await test('the result follows while one types, and the caret stays', async () => {
  const page = await open('/calc/split?amount=100&paid_on=2024-12-14&location.kind=land');
  await page.click('#f-amount');
  await page.keyboard.press('End');
  await page.keyboard.type('0000', { delay: 30 });
  await page.waitForFunction(() => document.getElementById('answer').innerText.includes('400,000.00'));
  assert.equal(await page.evaluate(() => document.activeElement.id), 'f-amount');
  assert.equal(await page.inputValue('#f-amount'), '1000000');
  assert.match(page.url(), /amount=1000000(&|$)/);
  await page.close2();
});

await test('language and unit switch keep the calculation', async () => {
  const page = await open(await exampleOf('late-fee'));
  await page.click('[data-language]');
  await page.waitForLoadState();
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  assert.match(await page.locator('.figure .amount').innerText(), /10,920\.00/);
  await page.click('button[name="unit"][value="wan"]');
  await page.waitForLoadState();
  assert.match(await page.locator('.figure .amount').innerText(), /1\.092/);
  assert.equal(await page.inputValue('#f-principal'), '10');
  assert.match(page.url(), /principal=100000\.00/);
  await page.click('[data-theme-switch] button[value="dark"]');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await page.reload();
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await page.close2();
});

await test('fields appear as the facts need them', async () => {
  const page = await open('/calc/transfer-income');
  assert.ok(await page.locator('#f-temperature_c').isHidden());
  await fill(page, 'mineral', '地热');
  assert.ok(await page.locator('#f-temperature_c').isVisible());
  await fill(page, 'mineral', '金');
  await page.waitForFunction(() => document.getElementById('f-temperature_c').closest('.field').hidden);
  await page.close2();
});

await test('by the keyboard alone', async () => {
  const page = await open('/calc/unpaid-reserves');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  const reach = async (id) => {
    for (let at = 0; at < 40; at += 1) {
      if ((await page.evaluate(() => document.activeElement.id || document.activeElement.name)) === id) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`${id} is not reached`);
  };
  for (const [id, value] of [['f-identified', '430.88'], ['f-mined', '43.73'], ['f-paid_for', '108.52'], ['f-unit', 'wan t']]) {
    await reach(id);
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(ring, 'none', 'the focus is visible');
    await page.keyboard.type(value);
  }
  await page.keyboard.press('Enter');
  await page.waitForSelector('#answer .result');
  assert.match(await page.locator('.figure .amount').innerText(), /322\.36/);
  await page.close2();
});

await test('without script', async () => {
  const page = await open('/calc/late-fee', { script: false });
  await page.fill('#f-principal', '100000');
  await page.fill('#f-due_date', '2024-01-10');
  await page.fill('#f-as_of', '2024-03-31');
  await page.click('button[name="add"][value="payments"]');
  await page.waitForSelector('#f-payments-1-amount');
  assert.equal(await page.inputValue('#f-principal'), '100000');
  await page.fill('#f-payments-1-date', '2024-02-09');
  await page.fill('#f-payments-1-amount', '40000');
  await page.click('#form .primary');
  await page.waitForSelector('#answer .result');
  assert.match(await page.locator('.figure .amount').innerText(), /12,120\.00/);
  assert.ok(!page.url().includes('go='), 'the address is the calculation and nothing else');
  await page.goto(`${base}/batch`);
  await page.fill('#rows', 'principal,due_date,as_of\n100000,2024-01-10,2024-03-31');
  await page.click('button[value="check"]');
  assert.match(await page.locator('#checked').innerText(), /16,200\.00/);
  await page.goto(`${base}/`);
  await page.fill('#mineral', 'jk');
  await page.press('#mineral', 'Enter');
  assert.match(await page.locator('main').innerText(), /2\.3%/);
  await page.close2();
});

await test('a batch: first rows and faults, then the whole', async () => {
  const page = await open('/batch');
  await page.selectOption('#topic', 'late-fee');
  const rows = ['应缴本金（元）,到期日,基准日'];
  for (let row = 0; row < 500; row += 1) rows.push(`${row === 3 ? 'x' : 100000},2024-01-10,2024-03-31`);
  await page.setInputFiles('#file', { name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
  await page.waitForSelector('#checked table');
  const first = await page.locator('#checked').innerText();
  assert.match(first, /16,200\.00/);
  assert.match(first, /有误/);
  await page.click('button[value="run"]');
  await page.waitForSelector('[data-done]:not([hidden])');
  assert.match(await page.locator('[data-counts]').innerText(), /500 .*1 /);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-result]')]);
  const text = readFileSync(await download.path(), 'utf8');
  assert.equal(text.trim().split('\n').length, 501);
  await page.close2();
});

await test('a long batch: progress of its job, then the result', async () => {
  const page = await open('/batch');
  const rows = ['principal,due_date,as_of'];
  for (let row = 0; row < 12000; row += 1) rows.push('100000,2024-01-10,2024-03-31');
  await page.setInputFiles('#file', { name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
  await page.waitForSelector('#checked table');
  await page.click('button[value="run"]');
  await page.waitForSelector('[data-done]:not([hidden])', { timeout: 120000 });
  assert.match(await page.getAttribute('[data-result]', 'href'), /^\/v1\/jobs\//);
  await page.close2();
});

await test('a workbook: its first rows and faults before anything runs', async () => {
  const rows = 'principal,due_date,as_of\n100000,2024-01-10,2024-03-31\nx,2024-01-10,2024-03-31\n';
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  const made = await fetch(`${base}/v1/batches/late-fee`, { method: 'POST', headers: { 'Content-Type': 'text/csv', Accept: type }, body: rows });
  const buffer = Buffer.from(await made.arrayBuffer());
  const page = await open('/batch');
  await page.selectOption('#topic', 'late-fee');
  await page.setInputFiles('#file', { name: '应缴.xlsx', mimeType: type, buffer });
  await page.waitForSelector('#checked table');
  const first = await page.locator('#checked').innerText();
  assert.match(first, /16,200\.00/);
  assert.match(first, /应缴本金/);
  await page.click('button[value="run"]');
  await page.waitForSelector('[data-done]:not([hidden])');
  assert.match(await page.locator('[data-counts]').innerText(), /2 .*1 /);
  await page.setInputFiles('#file', { name: 'broken.xlsx', mimeType: type, buffer: Buffer.from('no workbook') });
  await page.waitForSelector('#checked [role="alert"]');
  await page.close2();
});

await test('every script is ES2019, which Chromium 78 knows', async () => {
  const { parse } = require('acorn');
  const folder = join(dirname(fileURLToPath(import.meta.url)), '../../assets/web');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
    try {
      parse(readFileSync(join(folder, name), 'utf8'), { ecmaVersion: 2019 });
    } catch (error) { throw new Error(`${name}: ${error.message}`); }
  }
});

await test('a citation leads to its article', async () => {
  const page = await open(await exampleOf('late-fee'));
  await page.click('.steps a.law');
  await page.waitForURL(/\/rates\/instruments\/cz-2023-10#a-33$/);
  assert.match(await page.locator('#a-33').innerText(), /千分之二/);
  await page.close2();
});

await test('on paper', async () => {
  const page = await open(await exampleOf('instalments'));
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.locator('.nav').isHidden() && (await page.locator('#form').isHidden()));
  assert.ok(await page.locator('.figure').first().isVisible());
  const paper = await page.pdf({ format: 'A4' });
  assert.ok(paper.length > 10000);
  if (pictures) writeFileSync(`${pictures}/print.pdf`, paper);
  await page.close2();
});

await test('downloads', async () => {
  const link = await exampleOf('late-fee');
  const query = link.split('?')[1];
  for (const [file, type] of [['answer.json', 'application/json'], ['answer.txt', 'text/plain'], ['answer.xlsx', 'application/vnd.openxmlformats'], ['sheet.pdf', 'application/pdf']]) {
    const answer = await fetch(`${base}/calc/late-fee/${file}?${query}`);
    assert.equal(answer.status, 200, file);
    assert.ok(answer.headers.get('content-type').startsWith(type), file);
    assert.match(answer.headers.get('content-disposition'), /^attachment/);
  }
});

const pages = {
  home: '/', mineral: '/?mineral=%E9%87%91', calc: '/calc', rates: '/rates', versions: '/rates/versions',
  version: '/rates/versions/late-fee/2023-05-01', instruments: '/rates/instruments',
  instrument: '/rates/instruments/cz-2023-10#a-33', facts: '/rates/instruments/zrzf-2024-173', 'refused-english': '/calc/split?amount=0&paid_on=2024-12-14&location.kind=land',
  changes: '/rates/changes?from=2023-04-30&to=2023-05-01', coverage: '/rates/coverage', readings: '/rates/readings', reading: '/rates/readings/047', batch: '/batch', about: '/about',
  records: '/records', refused: '/calc/late-fee?principal=x&due_date=2024-01-10',
};
for (const topic of topics) {
  pages[topic] = await exampleOf(topic);
  pages[`${topic}-empty`] = formOf(topic);
}
await test('looks: every page, both languages, light and dark, phone, desk and large screen', async () => {
  await looks(browser, axe, base, pages, { pictures });
});

await browser.close();
if (failures.length) {
  console.log(`${failures.length} failed: ${failures.join('; ')}`);
  process.exit(1);
}
