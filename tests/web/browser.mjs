// What the scripts of this folder share: the browser, pages that must not complain, and how pages are looked at.
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import assert from 'node:assert/strict';

export async function launch(modules) {
  const require = createRequire(`${modules}/`);
  const { chromium } = require('playwright-core');
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: process.getuid && process.getuid() === 0 ? ['--no-sandbox'] : [],
  });
  return { browser, require, axe: readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8') };
}

// Notes what a page complains of: errors of scripts, of the console (a broken policy among them), requests to other hosts.
export function watch(page, base, { refusals = false } = {}) {
  const complaints = [];
  page.on('console', (message) => {
    // That a form is refused is a message of the browser, not of the page.
    if (refusals && /status of 4\d\d/.test(message.text())) return;
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !url.startsWith('data:') && !url.startsWith('blob:')) complaints.push(`asked ${url}`);
  });
  return complaints;
}

export const english = (path) => path.replace(/(#|$)/, `${path.includes('?') ? '&' : '?'}lang=en$1`);

const sizes = { phone: [360, 740], desktop: [1280, 900], '4k': [3840, 2160] };

// Every page in both languages: nothing wider than the screen, neither on a phone nor on a desk nor on a large screen; no
// violation in the light theme, and none of contrast, which alone depends on the colours, in the dark one. A page is loaded
// once for all of it. With a folder, pictures of every size and theme.
export async function looks(browser, axe, base, pages, { pictures, prepare, prefix = '', workers = 2 } = {}) {
  if (pictures) mkdirSync(pictures, { recursive: true });
  const wrong = [];
  const queue = Object.entries(pages).flatMap(([name, path]) => [[`${prefix}${name}-zh`, path], [`${prefix}${name}-en`, english(path)]]);
  const work = async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    // The policy of the pages forbids scripts in them; the debugger may run one.
    await context.addInitScript(axe);
    if (prepare) await prepare(context);
    const page = await context.newPage();
    const complaints = watch(page, base);
    const scan = async (label, options) => {
      const found = await page.evaluate((given) => window.axe.run(document, given), { resultTypes: ['violations'], ...options });
      for (const it of found.violations) wrong.push(`${label}: ${it.id}: ${it.nodes[0].html.slice(0, 160)} (${it.nodes.length})`);
    };
    const size = async (label, name) => {
      const [width, height] = sizes[name];
      await page.setViewportSize({ width, height });
      const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
      if (inner > outer) wrong.push(`${label}: ${inner} px wide on ${outer}`);
    };
    const picture = async (label, name) => {
      if (!pictures) return;
      // Charts follow the width a moment later.
      await page.waitForTimeout(200);
      await page.screenshot({ path: `${pictures}/${label}-${name}.png`, fullPage: name !== '4k' });
    };
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [label, path] = next;
      const answer = await page.goto(base + path, { waitUntil: 'load' });
      if (answer && answer.status() !== 200) wrong.push(`${label}: ${answer.status()}`);
      await scan(`${label}-light`);
      for (const name of Object.keys(sizes)) {
        await size(label, name);
        await picture(label, `light-${name}`);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.evaluate(() => {
        document.documentElement.setAttribute('data-theme', 'dark');
        document.dispatchEvent(new CustomEvent('lode:theme'));
      });
      await scan(`${label}-dark`, { runOnly: ['color-contrast'] });
      if (pictures) {
        for (const name of Object.keys(sizes)) {
          await size(label, name);
          await picture(label, `dark-${name}`);
        }
        await page.setViewportSize({ width: 1280, height: 900 });
      }
      wrong.push(...complaints.splice(0).map((text) => `${label}: ${text}`));
    }
    await context.close();
  };
  await Promise.all(Array.from({ length: workers }, work));
  assert.deepEqual(wrong, []);
}
