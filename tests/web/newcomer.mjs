// Somebody who knows the law and not the program: node tests/web/newcomer.mjs LODE MODULES
// LODE is the binary. For each of three questions the clock runs from the start of the program to the first right figure on
// the screen. Typing takes 200 ms a key, every field and every click 1.5 s before it to find and read: what a clerk takes who
// reads the labels. Only what the page shows is used: links and fields are found by their words.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { launch, watch } from './browser.mjs';

const [lode, modules] = process.argv.slice(2);
const KEY = 200;
const READ = 1500;
const { browser } = await launch(modules);

async function start() {
  const data = mkdtempSync(join(tmpdir(), 'lode-newcomer-'));
  const service = spawn(lode, ['serve', '--listen', '127.0.0.1:0', '--data', data], { stdio: ['ignore', 'pipe', 'ignore'] });
  const base = await new Promise((found, failed) => {
    service.stdout.on('data', (text) => found(String(text).match(/listening on (\S+)/)[1]));
    service.on('exit', () => failed(new Error('the service ended')));
  });
  return { base, stop: () => new Promise((ended) => {
    service.removeAllListeners('exit');
    service.on('exit', () => { rmSync(data, { recursive: true, force: true }); ended(); });
    service.kill('SIGTERM');
  }) };
}

// A hand that reads before it types or clicks.
function hand(page) {
  let steps = 0;
  const find = async (locator) => { steps += 1; await page.waitForTimeout(READ); return locator; };
  return {
    steps: () => steps,
    type: async (label, text) => {
      const field = await find(page.getByLabel(new RegExp(`^${label}( \\*)?$`)).and(page.locator(':visible')).first());
      await field.click();
      if (/^\d{4}-\d\d-\d\d$/.test(text)) { await page.waitForTimeout(8 * KEY); await field.fill(text); await field.dispatchEvent('change'); } else await field.pressSequentially(text, { delay: KEY });
    },
    choose: async (label, option) => {
      const field = await find(page.getByLabel(new RegExp(`^${label}( \\*)?$`)).and(page.locator(':visible')).first());
      await field.selectOption({ label: option });
    },
    click: async (words) => { await (await find(page.getByRole('link', { name: words, exact: true }).or(page.getByRole('button', { name: words, exact: true })).first())).click(); },
  };
}

const questions = [
  ['金矿（协议出让）2024 年度销售选矿产品 1 000 万元，应缴多少', '230,000.00', async (hand) => {
    await hand.type('矿种', '金');
    await hand.click('查矿种');
    await hand.click('逐年征收的出让收益');
    await hand.type('年度', '2024');
    await hand.choose('出让方式', '协议出让');
    await hand.choose('产品', '选矿产品');
    await hand.type('销售收入', '10000000');
  }],
  ['应于 2024-01-10 缴纳的 10 万元到 2024-03-31 的滞纳金', '16,200.00', async (hand) => {
    await hand.click('滞纳金');
    await hand.type('应缴本金', '100000');
    await hand.type('到期日', '2024-01-10');
    await hand.type('基准日', '2024-03-31');
  }],
  ['2024-12-14 缴入的 100 万元，中央和地方各得多少', '400,000.00', async (hand) => {
    await hand.click('中央与地方分成');
    await hand.type('金额', '1000000');
    await hand.type('缴款日', '2024-12-14');
    await hand.choose('区域类别', '陆域');
  }],
];

let late = 0;
for (const [question, figure, answer] of questions) {
  const began = Date.now();
  const { base, stop } = await start();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const complaints = watch(page, base);
  try {
    await page.goto(base);
    const hands = hand(page);
    await answer(hands);
    await page.locator('.figure .amount, #answer table td', { hasText: figure }).first().waitFor({ timeout: 10000 });
    const seconds = (Date.now() - began) / 1000;
    console.log(`ok   ${question}：${figure}，${seconds.toFixed(1)} s，${hands.steps()} steps`);
    assert.ok(seconds < 60, `${question}: ${seconds} s`);
    assert.deepEqual(complaints, []);
  } catch (error) {
    late += 1;
    console.log(`FAIL ${question}: ${String(error.message).split('\n').slice(0, 8).join('\n     ')}\n     ${(await page.locator('main').innerText()).slice(0, 900)}`);
  }
  await context.close();
  await stop();
}
await browser.close();
process.exit(late ? 1 : 0);
