// The pages in Firefox ESR: node tests/web/firefox.mjs BASE MODULES
// MODULES has puppeteer-core in its node_modules, which drives Debian's firefox-esr (or what FIREFOX names) by WebDriver BiDi.
// Every page without a complaint and not wider than a phone; forms live; a batch; the look.
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import assert from 'node:assert/strict';

const [base, modules] = process.argv.slice(2);
const pictures = process.env.LODE_PICTURES;
if (pictures) mkdirSync(pictures, { recursive: true });
const puppeteer = createRequire(`${modules}/`)('puppeteer-core');
const browser = await puppeteer.launch({
  browser: 'firefox', executablePath: process.env.FIREFOX || '/usr/bin/firefox-esr', headless: true,
});
console.log(await browser.version());

const topics = [
  'assessment', 'starting-price', 'transfer-income', 'benchmark-value', 'unpaid-reserves', 'annual-income', 'instalments',
  'split', 'late-fee', 'arrears', 'true-up', 'refund', 'fund-occupation-charge', 'projections',
];
const formOf = (topic) => (topic === 'projections' ? '/projection' : `/calc/${topic}`);
const wrong = [];
const page = await browser.newPage();
page.on('console', (message) => { if (message.type() === 'error') wrong.push(`${page.url()}: ${message.text()}`); });
page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error.message}`));

try {
  const paths = ['/', '/?mineral=jk', '/calc', '/rates', '/rates/versions', '/rates/instruments', '/rates/instruments/cz-2023-10',
    '/rates/changes?from=2023-04-30&to=2023-05-01', '/rates/coverage', '/batch', '/about', '/records'];
  for (const topic of topics) {
    const html = await (await fetch(base + formOf(topic))).text();
    const links = [...html.matchAll(/href="([^"]+)"/g)].map((found) => found[1].replace(/&#38;|&amp;/g, '&'));
    paths.push(links.find((link) => link.startsWith(`${formOf(topic)}?`) && !link.includes('lang=en')));
  }
  for (const path of paths) {
    const answer = await page.goto(base + path, { waitUntil: 'load' });
    assert.equal(answer.status(), 200, path);
    for (const [width, height] of [[1280, 900], [360, 740]]) {
      await page.setViewport({ width, height });
      const inner = await page.evaluate(() => document.documentElement.scrollWidth);
      if (inner > width) wrong.push(`${path}: ${inner} px wide on ${width}`);
    }
    await page.setViewport({ width: 1280, height: 900 });
    if (formOf('x').slice(0, 5) === path.slice(0, 5) && path.includes('?')) {
      assert.ok(await page.$('#answer .result'), `a result at ${path}`);
    }
    if (pictures) await page.screenshot({ path: `${pictures}/firefox-${path.replace(/[^a-z0-9]+/gi, '-').slice(0, 60)}.png` });
  }
  console.log(`ok   ${paths.length} pages`);

  // The result follows while one types, and charts are drawn.
  await page.goto(`${base}/calc/late-fee`);
  for (const [id, value] of [['f-principal', '100000'], ['f-due_date', '2024-01-10'], ['f-as_of', '2024-03-31']]) {
    await page.$eval(`#${id}`, (input, text) => {
      input.value = text;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }, value);
  }
  await page.waitForFunction(() => document.getElementById('answer').innerText.includes('16,200.00'));
  await page.goto(base + paths.find((path) => path.startsWith('/projection?')));
  await page.waitForSelector('.chart canvas');
  console.log('ok   forms are live, charts are drawn');

  await page.goto(`${base}/batch`);
  await page.$eval('[data-paste]', (fold) => { fold.open = true; });
  await page.type('#rows', 'principal,due_date,as_of\n100000,2024-01-10,2024-03-31');
  await page.click('button[value="check"]');
  await page.waitForFunction(() => document.getElementById('checked').innerText.includes('16,200.00'));
  await page.click('[data-theme-switch] button[value="dark"]');
  assert.equal(await page.$eval('html', (root) => root.dataset.theme), 'dark');
  console.log('ok   a batch is checked, the look changes');
  assert.deepEqual(wrong, []);
} catch (error) {
  console.log(`FAIL ${error.stack || error}\n${wrong.join('\n')}`);
  process.exitCode = 1;
}
await browser.close();
