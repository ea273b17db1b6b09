// Drives the desk in Chromium and measures; told what to do by BENCH, prints {name: [numbers]} as JSON.

import { pathToFileURL } from 'node:url';

const told = JSON.parse(process.env.BENCH);
const { launch, DESK } = await import(pathToFileURL(`${told.packages}/js/browser.mjs`));

const seen = { coldPaint: [], warmPaint: [], opened: [], reopened: [], keys: [], painted: [], consistent: [], nodes: [], heapMb: [], requests: [] };
const browser = await launch();

const firstPaint = (page) => page.evaluate(() => new Promise((resolve) => {
  const look = () => {
    const entry = performance.getEntriesByName('first-contentful-paint')[0];
    if (entry) resolve(entry.startTime);
    else requestAnimationFrame(look);
  };
  look();
}));

async function signIn(page, email) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(told.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.row').first().waitFor();
}

for (let n = 0; n < 3; n++) {
  const context = await browser.newContext(DESK);
  const cold = await context.newPage();
  await cold.goto(told.url);
  await cold.getByLabel('E-mail').waitFor();
  seen.coldPaint.push(await firstPaint(cold));
  await context.close();
}

const page = await (await browser.newContext(DESK)).newPage();
await page.goto(told.url);
await signIn(page, told.reader);
for (let n = 0; n < 3; n++) {
  await page.reload();
  await page.locator('.row').first().waitFor();
  seen.warmPaint.push(await firstPaint(page));
}

// The colleague works by the API alone: what is measured is this page.
const other = await (await browser.newContext(DESK)).newPage();
await other.goto(told.url);
await signIn(other, told.colleague);
const token = await other.evaluate(() => JSON.parse(sessionStorage.getItem('parley-desk')).access_token);
await other.context().close();
const send = async (threadId, body) => {
  const answer = await fetch(new URL(`/v1/threads/${threadId}/messages`, told.url), {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ body }),
  });
  if (!answer.ok) throw new Error(await answer.text());
};

// Keys: from the event to the second frame after it, in which the mark is on the screen.
for (let n = 0; n < told.keys; n++) {
  seen.keys.push(await page.evaluate(() => new Promise((resolve) => {
    const start = performance.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
  })));
}
await page.goto(`${told.url}?view=all`);
await page.locator('.row').first().waitFor();

// Opening: click to the first text; each is one that was never open, then the one before is opened again.
let calls = 0;
page.on('request', (request) => { if (new URL(request.url()).pathname.startsWith('/v1/')) calls += 1; });
const open = (threadId) => page.evaluate((id) => new Promise((resolve) => {
  const start = performance.now();
  document.querySelector(`.row[data-thread="${id}"]`).click();
  const look = () => (document.querySelector('.bubble-body') && document.querySelector('.conversation')?.dataset.thread === id ? resolve(performance.now() - start) : requestAnimationFrame(look));
  look();
}), threadId);
let last;
for (let n = 0; n < told.opened; n++) {
  const row = page.locator(`.rows li[aria-posinset="${n + 1}"] .row`);
  if (!(await row.count())) await page.locator('[data-testid=list]').evaluate((box, top) => { box.scrollTop = top; }, n * 86);
  await row.waitFor();
  const id = await row.getAttribute('data-thread');
  calls = 0;
  seen.opened.push(await open(id));
  await page.waitForTimeout(60);
  seen.requests.push(calls);
  if (last && (await page.locator(`[data-thread="${last}"].row`).count())) {
    seen.reopened.push(await open(last));
    await page.waitForTimeout(150); // its own calls are not the next one's
  }
  last = id;
}

// A colleague answers in the conversation that is open.
const shown = (text) => page.evaluate((wanted) => new Promise((resolve) => {
  const look = () => ([...document.querySelectorAll('.bubble-body')].some((one) => one.textContent === wanted) ? resolve(null) : requestAnimationFrame(look));
  look();
}), text);
await open(last);
for (let n = 0; n < told.sent; n++) {
  const text = `answer ${n}`;
  const there = shown(text);
  const start = performance.now();
  await send(last, text);
  await there;
  seen.painted.push(performance.now() - start);
}
for (let n = 0; n < 3; n++) {
  await page.context().setOffline(true);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const text = `missed ${n}`;
  await send(last, text);
  const there = shown(text);
  const start = performance.now();
  await page.context().setOffline(false);
  await there;
  seen.consistent.push(performance.now() - start);
}

await page.goto(`${told.url}?view=all`);
await page.locator('.row').first().waitFor();
for (let top = 0; top <= 2_000 * 86; top += 1_720) {
  await page.locator('[data-testid=list]').evaluate((box, to) => { box.scrollTop = to; }, top);
  await page.waitForTimeout(15);
}
seen.nodes.push(await page.evaluate(() => document.querySelectorAll('*').length));
seen.heapMb.push(await page.evaluate(() => performance.memory.usedJSHeapSize / 1e6));
await browser.close();
process.stdout.write(JSON.stringify(seen));
