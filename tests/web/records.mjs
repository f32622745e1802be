// The records in a browser: node tests/web/records.mjs BASE MODULES
// BASE is a service with empty records and the keys LODE_ASSESSOR, LODE_CONFIRMER, LODE_CASHIER (area 150000), LODE_AUDITOR
// (no area) and LODE_STRANGER (another area). The life of one right (docs/examples/life) is done by hand in the page; its
// statements are compared with the tables of its README.
import { readFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import { launch, looks, watch } from './browser.mjs';

const [base, modules] = process.argv.slice(2);
const pictures = process.env.LODE_PICTURES;
const life = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../docs/examples/life/README.md'), 'utf8');
const { browser, axe } = await launch(modules);
const keyOf = (who) => process.env[`LODE_${who.toUpperCase()}`];
const complaints = [];

async function signIn(context, who) {
  const answer = await context.request.post(`${base}/records/sign-in`, { form: { key: keyOf(who) } });
  assert.equal(answer.status(), 200);
}

async function desk(who, { script = true, dark = false, phone = false } = {}) {
  const context = await browser.newContext({
    viewport: phone ? { width: 360, height: 740 } : { width: 1280, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: script,
  });
  const page = await context.newPage();
  complaints.push(watch(page, base, { refusals: true }));
  if (who) {
    await signIn(context, who);
  }
  return page;
}

const said = (text) => console.log(`ok   ${text}`);

// One form: filled, checked, recorded.
async function enter(page, path, fields, figures = []) {
  await page.goto(base + path);
  for (const [name, value] of Object.entries(fields)) {
    const parts = name.split('.');
    const field = () => page.locator(`[name="f.${name}"]`);
    if (parts.length === 3 && (await field().count()) === 0) await page.click(`button[value="add:${parts[0]}"]`);
    if (Array.isArray(value)) {
      for (const one of value) await page.check(`input[name="f.${name}"][value="${one}"]`);
      continue;
    }
    await field().evaluate((element) => {
      for (let fold = element.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
    });
    if ((await field().evaluate((element) => element.tagName)) === 'SELECT') await field().selectOption(value);
    else await field().fill(value);
  }
  await page.click('button.primary[value="preview"]');
  await page.waitForSelector('.preview', { timeout: 30000 }).catch(async () => {
    throw new Error(`${path}: ${await page.locator('main').innerText()}`);
  });
  const preview = await page.locator('.preview').innerText();
  for (const figure of figures) assert.ok(preview.includes(figure), `${figure} in the preview of ${path}: ${preview}`);
  await page.click('button[value="record"]');
  await page.waitForURL(/recorded=/);
  return new URL(page.url()).searchParams.get('recorded');
}

// The sums of a statement, as the README has them.
const names = ['total', 'paid', 'overdue', 'pending', 'overpaid', 'late_fee', 'late_fee_outstanding'];
function wanted(day) {
  const table = life.split(`| 对账单 ${day} |`)[1].split('\n\n')[0];
  const row = table.split('\n').find((line) => line.startsWith('| 合计 '));
  return row.split('|').slice(2, 9).map((cell) => cell.replace(/[ *]/g, ''));
}
async function statement(page, right, day) {
  await page.goto(`${base}/records/rights/${right}?as_of=${day}`);
  const shown = [];
  for (const name of names) {
    const sum = page.locator(`[data-sum="${name}"]`);
    shown.push((await sum.count()) ? (await sum.innerText()).replace(/,/g, '') : '0.00');
  }
  assert.deepEqual(shown, wanted(day), `statement of ${day}`);
}
async function itemNamed(page, right, name) {
  await page.goto(`${base}/records/rights/${right}?as_of=2026-11-21`);
  const rows = await page.locator('tr[data-item]').evaluateAll((found) =>
    found.map((row) => [row.dataset.item, row.querySelector('th').childNodes[0].textContent.trim()]));
  const row = rows.find(([, known]) => known === name);
  assert.ok(row, `${name} among ${JSON.stringify(rows)}`);
  return row[0];
}

async function scan(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const told = found.violations.map((it) => `${it.id}: ${it.nodes.slice(0, 3).map((node) => node.html).join(' ')}`);
  assert.deepEqual(told, [], what);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${what} is ${wide} px too wide`);
}
async function picture(page, name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/records-${name}.png`, fullPage: true });
}

try {
  // Signing in
  const nobody = await desk();
  await nobody.goto(`${base}/records/rights?lang=en`);
  assert.match(nobody.url(), /\/records\/sign-in\?to=/);
  await scan(nobody, 'signing in');
  await picture(nobody, 'sign-in');
  await nobody.fill('#key', `lode_${'0'.repeat(64)}`);
  await nobody.click('button.primary');
  await nobody.waitForSelector('#complaint');
  await nobody.fill('#key', keyOf('auditor'));
  await nobody.click('button.primary');
  await nobody.waitForURL(/\/records\/rights\?lang=en/);
  await nobody.click('text=Sign out');
  await nobody.waitForURL(/sign-in/);
  said('sign-in leads back to where one wanted to go, sign-out ends it');

  // The life of one right; the cashier works without script.
  const assessor = await desk('assessor');
  const confirmer = await desk('confirmer');
  const cashier = await desk('cashier', { script: false });
  const holder = await enter(assessor, '/records/new/parties', {
    effective_on: '2024-06-20', code: '91150200MA0N000018', name: '内蒙古某某建材有限公司',
  });
  await enter(assessor, `/records/new/rights?holder=${holder}`, {
    effective_on: '2024-06-20', right: 'mining', licence_number: 'C1502002024067130000001',
    contract_number: '蒙采出让〔2024〕06号', contract_signed_on: '2024-06-20', transfer_mode: 'agreement', division: '150221',
    area: 'land', scheme: 'whole_region', minerals: '水泥用灰岩、石膏', area_km2: '1.7863', term_from: '2024-07-01',
    term_to: '2044-06-30', mine_scale: 'medium',
  });
  const right = assessor.url().match(/rights\/(R\d+)/)[1];
  const on = (act, query = '') => `/records/new/rights/${right}/${act}${query}`;

  const assess = async (topic, fields, figures) => {
    const of = Object.fromEntries(Object.entries(fields).map(([name, value]) => [`request.${name}`, value]));
    const draft = await enter(assessor, on('assessments', `?topic=${topic}`), { effective_on: '2024-06-21', ...of }, figures);
    // Whoever drafted it is not offered to confirm it.
    assert.equal(await assessor.locator('a', { hasText: '确认或退回' }).count(), 0);
    await confirmer.goto(`${base}/records/rights/${right}`);
    await confirmer.click('a:has-text("确认或退回")');
    assert.ok((await confirmer.locator('main').innerText()).includes(figures[0]), 'the second person sees the draft');
    await picture(confirmer, `confirmation-${topic}`);
    await enter(confirmer, new URL(confirmer.url()).pathname + new URL(confirmer.url()).search, {
      effective_on: '2024-06-24', verdict: 'confirm',
    });
    await enter(assessor, on('plans'), { effective_on: '2024-06-25', assessment: draft });
    return draft;
  };
  await assess('transfer-income', {
    as_of: '2024-06-20', mineral: '石膏', transfer_mode: 'agreement', starting_price: '540000.00',
  }, ['540,000.00']);
  const limestone = await assess('instalments', {
    right: 'mining', mineral: '水泥用灰岩', signed_on: '2024-06-20', total: '34567890.12', province: '内蒙古',
    mine_scale: 'medium', 'licence.from': '2024-07-01', 'licence.to': '2044-06-30', 'plan.first_payment_percent': '20',
  }, ['6,913,578.02', '2,765,431.21']);
  await statement(assessor, right, '2024-06-25');

  const items = await assessor.locator('tr[data-item]').evaluateAll((rows) => rows.map((row) => row.dataset.item));
  const [gypsum, first, ...annual] = items;
  const notice = async (day, received, wantedItems, figures) => {
    await enter(assessor, on('notices'), { effective_on: day, items: wantedItems }, figures);
    await assessor.goto(`${base}/records/rights/${right}`);
    await assessor.locator('a', { hasText: '登记送达' }).click();
    const target = new URL(assessor.url());
    await enter(assessor, target.pathname + target.search, { received_on: received });
  };
  await notice('2024-06-26', '2024-06-28', [gypsum, first], ['7,453,578.02', '1502212024000001']);
  await statement(assessor, right, '2024-06-28');

  // The notice on paper.
  await assessor.locator('section:has(#notices-title) a', { hasText: '打印' }).click();
  await assessor.waitForURL(/notice\.html/);
  assert.match(await assessor.locator('body').innerText(), /7 ?,?453,578\.02/);
  await assessor.emulateMedia({ media: 'print' });
  await picture(assessor, 'notice-print');
  await assessor.emulateMedia({ media: 'screen' });
  const pdf = await assessor.context().request.get(`${base}/records/notices/1502212024000001/notice.pdf`);
  assert.equal(pdf.headers()['content-type'], 'application/pdf');
  said('a notice is issued, served and printed');

  // A calculation becomes a draft: its facts are in the form of the right that is chosen.
  await assessor.goto(`${base}/calc/instalments?right=mining&signed_on=2024-06-01&total=130000000.00&mine_scale=large&licence.from=2024-06-01&licence.to=2039-05-31&plan.first_payment_percent=10`);
  await assessor.click('a:has-text("据此起草核定")');
  await scan(assessor, 'choosing a right');
  await picture(assessor, 'carry');
  await assessor.click('.rows-list a');
  assert.equal(await assessor.inputValue('[name="f.request.total"]'), '130000000.00');
  assert.equal(await assessor.inputValue('[name="f.request.plan.first_payment_percent"]'), '10');
  assert.equal(await assessor.inputValue('[name="f.request.licence.to"]'), '2039-05-31');
  said('a calculation goes into the records');

  const pay = (item, day, amount, number) => enter(cashier, on('payments', `?item=${item}`), {
    paid_on: day, amount, receipt: `蒙票 000${number}`,
  });
  await pay(gypsum, '2024-07-15', '540000.00', 1);
  const paidFirst = await pay(first, '2024-07-26', '6913578.02', 2);
  await statement(cashier, right, '2024-07-26');

  const declare = (day, year, lines, figures) => {
    const fields = { effective_on: day, year };
    lines.forEach(([mineral, revenue], at) => Object.assign(fields, {
      [`lines.${at + 1}.mineral`]: mineral, [`lines.${at + 1}.product`]: 'raw_ore', [`lines.${at + 1}.revenue`]: revenue,
    }));
    return enter(assessor, on('declarations'), fields, figures);
  };
  await declare('2025-02-20', '2024', [['石膏', '3456789.01']], ['100,246.88']);
  await pay(await itemNamed(assessor, right, '2024 年度'), '2025-02-26', '100246.88', 3);
  await statement(cashier, right, '2025-02-26');
  await notice('2025-06-05', '2025-06-06', [annual[0]], ['2,765,431.21']);
  const paidOne = await pay(annual[0], '2025-06-20', '2765431.21', 4);
  await statement(cashier, right, '2025-06-20');
  await declare('2026-02-10', '2025', [['石膏', '8765432.10']], ['254,197.53']);
  const second = await itemNamed(assessor, right, '2025 年度');
  await statement(assessor, right, '2026-03-01');
  assert.match(await assessor.locator('details', { hasText: '滞纳金如何算出' }).first().innerText(), /2025 年度/);
  await pay(second, '2026-03-20', '264365.43', 5);
  await statement(cashier, right, '2026-03-20');
  await enter(assessor, on('changes'), { effective_on: '2026-04-01', added_minerals: '高岭土', reason: '内自然资采变〔2026〕9号' });
  await statement(assessor, right, '2026-04-01');
  const transferee = await enter(assessor, '/records/new/parties', {
    effective_on: '2026-07-01', code: '91150200MA0N00002B', name: '包头某某水泥有限公司',
  });
  await enter(assessor, on('transfers'), { effective_on: '2026-07-11', to: transferee, reason: '内自然资采转〔2026〕3号' });
  await statement(assessor, right, '2026-07-11');
  assert.match(await assessor.locator('#statement-title').innerText(), /包头某某水泥有限公司/);
  const paidTwo = await pay(annual[1], '2026-07-21', '2876048.46', 6);
  await statement(cashier, right, '2026-07-21');
  await enter(assessor, on('true-ups'), {
    effective_on: '2026-10-15', assessment: limestone, reserves_assessed: '30000000', reserves_used: '4500000',
  });
  await enter(assessor, on('closures'), { effective_on: '2026-10-15', reason: '内政发〔2026〕31号' });
  await statement(assessor, right, '2026-10-15');
  await declare('2026-10-26', '2026', [['石膏', '6543210.98'], ['高岭土', '2345678.90']], ['262,469.17']);
  await pay(await itemNamed(assessor, right, '2026 年度'), '2026-10-30', '262469.17', 7);
  await statement(cashier, right, '2026-10-30');
  for (const [payment, amount] of [[paidTwo, '2765431.21'], [paidOne, '2765431.21'], [paidFirst, '1728394.50']]) {
    await enter(cashier, on('refunds'), {
      effective_on: '2026-11-10', payment, amount, reason: '多退少补，内财退〔2026〕12号',
    });
  }
  await statement(cashier, right, '2026-11-10');
  said('the life of one right, by hand in the page, has the figures of its README');

  // The same as known before: the choosers.
  await assessor.goto(`${base}/records/rights/${right}?as_of=2026-03-01`);
  assert.ok((await assessor.locator('.timeline .outside').count()) > 5, 'later entries are set apart');

  // What a role may not see.
  await cashier.goto(`${base}/records/rights/${right}`);
  assert.equal(await cashier.locator('a', { hasText: '核定草稿' }).count(), 0);
  assert.equal((await cashier.goto(`${base}${on('assessments')}`)).status(), 403);
  assert.equal((await cashier.goto(`${base}/records/audit`)).status(), 403);
  const stranger = await desk('stranger');
  assert.equal((await stranger.goto(`${base}/records/rights/${right}`)).status(), 404);
  await stranger.goto(`${base}/records/rights`);
  assert.ok(!(await stranger.content()).includes('C1502002024067130000001'));
  said('a role sees and does what it may, another area nothing');

  // An error and its mending.
  await cashier.goto(base + on('payments'));
  await cashier.fill('[name="f.amount"]', 'x');
  await cashier.click('button.primary');
  assert.equal(await cashier.getAttribute('#f-amount', 'aria-invalid'), 'true');
  await cashier.click('#faults a[href="#f-amount"]');
  said('an error stands at its field');

  // Many documents: the page follows the job by itself.
  const printer = await desk('assessor');
  await printer.goto(`${base}/records/jobs`);
  await printer.selectOption('#what', 'statements');
  await printer.fill('#division', '150221');
  await printer.fill('#as_of', '2026-11-10');
  await printer.selectOption('#form', 'zip');
  await printer.click('button.primary');
  await printer.waitForSelector('#jobs a[download]', { timeout: 60000 });
  const [papers] = await Promise.all([printer.waitForEvent('download'), printer.click('#jobs a[download]')]);
  assert.equal(papers.suggestedFilename(), 'documents.zip');
  await printer.click('#jobs form button');
  await printer.waitForSelector('#jobs a[download]', { state: 'detached' });
  said('many documents are printed by a job, followed, fetched and thrown away');

  // A form that is open when the session ends: signed in again, what was typed is there.
  const clerk = await desk('cashier');
  await clerk.goto(`${base}${on('payments')}?lang=en`);
  await clerk.fill('[name="f.amount"]', '1234.50');
  await clerk.fill('[name="f.receipt"]', '蒙票 00099');
  await clerk.context().clearCookies();
  await clerk.click('button.primary[value="preview"]');
  await clerk.waitForSelector('#kept');
  await scan(clerk, 'signing in again');
  await picture(clerk, 'signing-in-again');
  await clerk.fill('#key', `lode_${'0'.repeat(64)}`);
  await clerk.click('button.primary');
  await clerk.waitForSelector('#complaint');
  await clerk.fill('#key', keyOf('cashier'));
  await clerk.click('button.primary');
  assert.equal(await clerk.inputValue('[name="f.amount"]'), '1234.50');
  assert.equal(await clerk.inputValue('[name="f.receipt"]'), '蒙票 00099');
  assert.equal(await clerk.getAttribute('html', 'lang'), 'en');
  await clerk.selectOption('[name="f.item"]', gypsum);
  await clerk.click('button.primary[value="preview"]');
  await clerk.waitForSelector('.preview, #faults');
  said('a form whose session ended is not lost');

  // Amounts in 万元, exactly the same; the holder by name.
  await clerk.goto(base + on('payments'));
  await clerk.click('button[name="unit"][value="wan"]');
  await clerk.waitForLoadState();
  await clerk.fill('[name="f.wan:amount"]', '0.12345');
  await clerk.fill('[name="f.receipt"]', '蒙票 00100');
  await clerk.selectOption('[name="f.item"]', gypsum);
  await clerk.click('button.primary[value="preview"]');
  await clerk.waitForSelector('.preview');
  assert.match(await clerk.locator('.preview').innerText(), /0\.12345/);
  assert.equal(await clerk.inputValue('input[name="f.amount"]'), '1234.5');
  await clerk.click('button[value="edit"]');
  assert.equal(await clerk.inputValue('[name="f.wan:amount"]'), '0.12345');
  await assessor.goto(`${base}/records/new/rights`);
  await assessor.fill('[name="f.holder"]', '包头');
  await assessor.click('button.primary[value="preview"]');
  assert.match(await assessor.inputValue('[name="f.holder"]'), /包头某某水泥有限公司 91150200MA0N00002B/);
  await assessor.fill('[name="f.holder"]', '有限公司');
  await assessor.click('button.primary[value="preview"]');
  await assessor.click('#e-f-holder button:has-text("91150200MA0N000018")');
  assert.match(await assessor.inputValue('[name="f.holder"]'), /内蒙古某某建材有限公司/);
  said('amounts in 万元 and holders by name');

  // Verification, with its progress beside it, and the audit log.
  const auditor = await desk('auditor');
  await auditor.goto(`${base}/records/ledger`);
  await auditor.click('text=校验全部记录');
  await auditor.waitForSelector('.notice.good');
  said('the chain is verified');

  // Every page by axe, in both languages, light and dark, on a desk and on a phone.
  const paths = {
    lists: '/records?as_of=2026-03-05', unserved: '/records?list=checks&as_of=2026-11-21', rights: '/records/rights',
    right: `/records/rights/${right}?as_of=2026-07-15`, now: `/records/rights/${right}`, party: '/records/new/parties',
    register: '/records/new/rights', topics: on('assessments'), draft: on('assessments', '?topic=instalments'),
    jobs: '/records/jobs', declaration: on('declarations'), notice: on('notices'), payment: on('payments'),
  };
  const { payment, ...own } = paths;
  for (const [who, those] of [['assessor', own], ['cashier', { payment }],
    ['auditor', { ledger: '/records/ledger?verify=1', audit: '/records/audit', fees: '/records/fee-sources' }]]) {
    const workers = who === 'assessor' ? 2 : 1;
    await looks(browser, axe, base, those, { pictures, prefix: 'records-', workers, prepare: (context) => signIn(context, who) });
  }
  said('no violations of accessibility, nothing too wide');
  assert.deepEqual(complaints.flat(), []);
} catch (error) {
  console.log(`FAIL ${error.stack || error}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
