// From the call that sends to the other person's screen: one sends over the API, Chromium shows the example to the other.
// Reads a JSON object from the environment variable BENCH, prints one: {took: [ms], seen: [ms]}.

import { createRequire } from 'node:module';

const { packages, chatUrl, apiUrl, token, threadId, email, password, count, pauseMs } = JSON.parse(process.env.BENCH);
const require = createRequire(`${packages}/`);
const { chromium } = require('playwright-core');
const bundled = (await import(require.resolve('@sparticuz/chromium'))).default;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || (await bundled.executablePath()),
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run', '--disable-dev-shm-usage'],
});
const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
await page.goto(chatUrl);
await page.getByLabel('E-mail').fill(email);
await page.getByLabel('Password').fill(password);
await page.getByRole('button', { name: 'Sign in' }).click();
await page.goto(`${chatUrl}#${threadId}`);
await page.getByRole('log').waitFor();
await page.waitForTimeout(2_000); // joined, and quiet
await page.evaluate(() => {
  globalThis.shown = {};
  new MutationObserver(() => {
    for (const body of [...document.querySelectorAll('.bubble .body')].slice(-5)) globalThis.shown[body.textContent] ??= Date.now();
  }).observe(document.querySelector('[role=log]'), { subtree: true, childList: true });
});
const took = [];
const started = new Map();
for (let i = 0; i < count; i++) {
  const body = `measured ${i}`;
  const from = Date.now();
  started.set(body, from);
  const answer = await fetch(`${apiUrl}/v1/conversations/${threadId}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ body, client_message_id: crypto.randomUUID() }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  took.push(Date.now() - from);
  await page.waitForTimeout(pauseMs);
}
await page.waitForTimeout(1_000);
const shown = await page.evaluate(() => globalThis.shown);
const seen = [...started].filter(([body]) => body in shown).map(([body, from]) => shown[body] - from);
await browser.close();
console.log(JSON.stringify({ took, seen }));
