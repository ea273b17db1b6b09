import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, open, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { unspoken } from './overlays.mjs';
import { comeIn, enter, mail } from './staff.mjs';

const { DESK_URL } = process.env;
const HOUR = 3_600_000;
const SERIES = '**/v1/operations/series*';
const HERE = `${DESK_URL}operations/series`;

const top = Math.floor(Date.now() / HOUR) * HOUR;
const item = (n, channel, label, number, p50 = null, p95 = null) => ({ at: new Date(top - n * HOUR).toISOString(), channel, label, number, p50_seconds: p50, p95_seconds: p95 });
const series = (items, changes = {}) => ({ from: new Date(top - 24 * HOUR).toISOString(), to: new Date().toISOString(), step: 'hour', as_of: new Date().toISOString(), age_seconds: 2, metric: 'messages', items, more: false, ...changes });
const MESSAGES = [23, 20, 13, 12, 11, 4, 3, 1].flatMap((n) => [item(n, 'email', 'inbound:contact', 10 + n), item(n, 'email', 'outbound:ai', 4), item(n, 'sms', 'outbound:agent', 2)]);
const WAITS = [23, 20, 13, 12, 11, 4, 3, 1].flatMap((n) => [item(n, 'email', 'outbound', 9, 0.4, 3 + n), item(n, 'sms', 'outbound', 2, 1, 2)]);
const json = (body, status = 200) => (route) => route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(typeof body === 'function' ? body(new URL(route.request().url()).searchParams) : body) });
const table = (page) => page.getByRole('region', { name: 'Row by row: rows' });
const cells = async (page, n) => [await table(page).getByRole('row').nth(n).getByRole('rowheader').textContent(), ...await table(page).getByRole('row').nth(n).getByRole('cell').allTextContents()];
const beyond = (page) => page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));

async function taken(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export' }).click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

describe('a metric of the board', () => {
  let browser, olivia;

  before(async () => {
    browser = await launch();
    olivia = await comeIn(browser, 'Olivia');
    await mail();
  });
  after(() => browser?.close());

  const given = async (page, answer) => {
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.route(SERIES, json(answer));
  };

  it('opens from its tile, says what was counted, and can be taken away as a file', async () => {
    const asked = [];
    olivia.on('request', (request) => /\/v1\/operations\/series/.test(request.url()) && asked.push(request.url()));
    await olivia.goto(`${DESK_URL}operations?period=week`);
    await olivia.getByRole('link', { name: 'Over time: Messages' }).click();
    await olivia.getByRole('heading', { name: 'Messages', level: 2 }).waitFor();
    assert.match(olivia.url(), /operations\/series\?.*metric=messages.*period=week/);
    const row = table(olivia).getByRole('row', { name: /E-mail Came in, from a contact/ });
    await eventually(async () => (await row.count()) > 0 || ((asked.splice(0), await olivia.reload(), await olivia.locator('#page-title').waitFor(), await eventually(() => olivia.locator('[aria-busy]').count(), 0)), false), true);
    await olivia.locator('header .quiet').getByText(/Counted up to/).waitFor();
    const { name, text } = await taken(olivia);
    assert.match(name, /^messages-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/);
    assert.match(text, /^at,channel,label,number,p50_seconds,p95_seconds\r\n\d{4}-\d\d-\d\dT[\d:.]+Z,email,/);
    assert.ok(asked.length > 0 && asked.length <= 4, `${asked.length} questions`);
    await olivia.locator('main').getByRole('link', { name: 'Operations', exact: true }).click();
    await olivia.getByRole('heading', { name: 'Operations', level: 2 }).waitFor();
    assert.match(olivia.url(), /period=week/);
  });

  it('is narrowed by a press, and its address shows a colleague the same', async () => {
    const asked = [];
    await given(olivia, (params) => (asked.push(Object.fromEntries(params)), series(MESSAGES.filter((one) => !params.get('channel') || one.channel === params.get('channel')))));
    await olivia.goto(`${HERE}?metric=messages`);
    await table(olivia).waitFor();
    assert.deepEqual((await cells(olivia, 1)).slice(1), ['SMS', 'Went out, by the team', '2']);
    await olivia.getByRole('region', { name: 'In all: rows' }).getByRole('link', { name: 'Came in, from a contact' }).click();
    await eventually(() => table(olivia).getByRole('row').count(), 9);
    assert.equal(await olivia.getByLabel('Channel', { exact: true }).inputValue(), 'email');
    assert.match(await olivia.getByRole('img').getAttribute('aria-label'), /Came in, from a contact: most is 33/);
    await olivia.getByRole('navigation', { name: 'Time' }).getByRole('link', { name: 'Last week' }).click();
    await olivia.getByRole('navigation', { name: 'Step' }).getByRole('link', { name: 'By the hour' }).click();
    await eventually(() => asked.at(-1).step, 'hour');
    assert.ok(Math.abs(Date.now() - 7 * 24 * HOUR - Date.parse(asked.at(-1).from)) < 600_000);
    assert.deepEqual([asked.at(-1).metric, asked.at(-1).channel, asked.at(-1).label], ['messages', 'email', undefined]);
    const ana = await comeIn(browser, 'Ana');
    await given(ana, (params) => series(MESSAGES.filter((one) => one.channel === params.get('channel'))));
    await ana.goto(olivia.url());
    await eventually(() => table(ana).getByRole('row').count(), 9);
    for (const name of ['Time', 'Step']) assert.equal(await ana.getByRole('navigation', { name }).locator('[aria-current]').count(), 1);
    assert.deepEqual(await ana.locator('.views [aria-current]').allTextContents(), ['Last week', 'By the hour']);
    await ana.locator('summary', { hasText: 'Days of my own' }).click();
    await ana.getByLabel('From day (UTC)').fill('2026-11-03');
    await ana.getByLabel('To day (UTC)').fill('2026-11-05');
    const next = ana.waitForRequest(SERIES);
    await ana.getByRole('button', { name: 'Show', exact: true }).click();
    const said = new URL((await next).url()).searchParams;
    assert.deepEqual([said.get('from'), said.get('to')], ['2026-11-03T00:00:00.000Z', '2026-11-06T00:00:00.000Z']);
    assert.match(ana.url(), /from=2026-11-03.*to=2026-11-05/);
    await ana.context().close();
  });

  it('shows how long it took where that was timed, of the part with the most', async () => {
    await given(olivia, series(WAITS, { metric: 'waits' }));
    await olivia.goto(`${HERE}?metric=waits`);
    await olivia.getByRole('heading', { name: 'How long it took: To be sent, E-mail' }).waitFor();
    assert.match(await olivia.getByRole('img').last().getAttribute('aria-label'), /To be sent: most is 26 sec/);
    assert.deepEqual(await cells(olivia, 2).then((all) => all.slice(1)), ['E-mail', 'To be sent', '9', '400 ms', '4 sec']);
    await olivia.getByRole('region', { name: 'In all: rows' }).getByRole('link', { name: 'To be sent' }).nth(1).click();
    await olivia.getByRole('heading', { name: 'How long it took: To be sent, SMS' }).waitFor();
    await olivia.getByRole('link', { name: 'Unknown outcomes' }).first().click();
    await olivia.getByRole('heading', { name: 'Deliveries', level: 2 }).waitFor();
    await given(olivia, series([item(3, 'email', 'human_takeover', 2)], { metric: 'decisions' }));
    await olivia.goto(`${HERE}?metric=decisions&channel=email`);
    await olivia.getByRole('link', { name: 'Who waits' }).first().click();
    await eventually(() => /view=unassigned/.test(olivia.url()) && /channel=email/.test(olivia.url()), true);
  });

  it('reads on where an answer does not hold it all, four times at most, and says what is left', async () => {
    let asked = 0;
    await given(olivia, (params) => (asked++, series([item(20 - 2 * asked, 'email', 'inbound:contact', 1), item(19 - 2 * asked, 'email', 'inbound:contact', 1)], { more: !params.has('never') })));
    await olivia.goto(`${HERE}?metric=messages&period=week&step=hour`);
    await olivia.getByText('This is not all of it').waitFor();
    assert.equal(asked, 4);
    assert.equal(await table(olivia).getByRole('row').count(), 6);
  });

  it('leaves a spreadsheet nothing to reckon with', async () => {
    await given(olivia, series(['=1+1', '+1', '-1', '@x'].map((label) => item(2, '=HYPERLINK("http://evil.test")', label, 1)), { metric: 'errors' }));
    await olivia.goto(`${HERE}?metric=errors`);
    await table(olivia).waitFor();
    const lines = (await taken(olivia)).text.trimEnd().split('\r\n').slice(1);
    assert.deepEqual(lines.map((line) => line.slice(line.indexOf(',') + 1)), ["'=1+1", "'+1", "'-1", "'@x"].map((label) => `"'=HYPERLINK(""http://evil.test"")",${label},1,,`));
  });

  it('says when it is loading, empty, old, wrong or not for this person', async () => {
    let release;
    const waits = new Promise((resolve) => (release = resolve));
    await olivia.unrouteAll({ behavior: 'ignoreErrors' });
    await olivia.route(SERIES, async (route) => (await waits, json(series([], { age_seconds: 90 }))(route)));
    await olivia.goto(`${HERE}?metric=uploads`);
    await olivia.locator('[aria-busy]').waitFor();
    release();
    await olivia.getByText('Nothing was counted in this time.').waitFor();
    await olivia.locator('header .warn').getByText(/Counted up to 1\.\d min ago/).waitFor();
    assert.equal(await olivia.getByRole('button', { name: 'Export' }).isDisabled(), true);
    await olivia.unrouteAll({ behavior: 'ignoreErrors' });
    await olivia.route(SERIES, (route) => route.abort());
    await olivia.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
    await olivia.getByText('these figures are the last ones that came').waitFor();
    await olivia.unrouteAll({ behavior: 'ignoreErrors' });
    await olivia.route(SERIES, json({ type: 'about:blank', title: 'Broken', status: 500, detail: 'It broke.', code: 'broken', request_id: 'r-4711' }, 500));
    await olivia.goto(`${HERE}?metric=uploads&period=month`);
    await olivia.getByRole('alert').getByText('Request r-4711').waitFor();
    await given(olivia, series(MESSAGES));
    await olivia.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await table(olivia).waitFor();
    await olivia.unrouteAll({ behavior: 'ignoreErrors' });
    await olivia.route(SERIES, json({ type: 'about:blank', title: 'Forbidden', status: 403, detail: 'This needs the read right.', remedy: 'ask an admin for the read right', code: 'forbidden' }, 403));
    await olivia.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
    await olivia.getByRole('alert').getByText('ask an admin for the read right').waitFor();
    assert.equal(await table(olivia).count(), 0);
    assert.deepEqual(await barriers(olivia), []);
  });

  it('is worked with Tab and Enter alone', async () => {
    await given(olivia, (params) => series(MESSAGES.filter((one) => !params.get('channel') || one.channel === params.get('channel'))));
    await olivia.goto(`${HERE}?metric=messages`);
    await table(olivia).waitFor();
    await olivia.getByRole('button', { name: 'Export' }).focus();
    const reached = [];
    for (let n = 0; n < 30 && !reached.includes('Row by row: rows'); n++) {
      await olivia.keyboard.press('Tab');
      reached.push(await olivia.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent));
    }
    for (const name of ['Last week', 'By the day', 'Days of my own', 'What is counted', 'Channel', 'What', 'Bars by', 'Conversations', 'Came in, from a contact', 'Row by row: rows']) assert.ok(reached.includes(name), `${name} in ${reached}`);
    await olivia.getByRole('region', { name: 'In all: rows' }).getByRole('link', { name: 'Went out, by the team' }).press('Enter');
    await eventually(() => table(olivia).getByRole('row').count(), 9);
    assert.match(olivia.url(), /channel=sms/);
  });

  it('meets no barrier in the light and in the dark, at the desk, on the phone, and from right to left', async () => {
    for (const locale of ['en-GB', 'ar-EG']) {
      const page = await open(browser, `${DESK_URL}?view=all`, { ...PHONE, locale });
      await enter(page, 'Olivia');
      await page.route(SERIES, json(series(WAITS, { metric: 'waits' })));
      await page.goto(`${HERE}?metric=waits`);
      await page.locator('#metric-rows').waitFor();
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        assert.deepEqual(await barriers(page), [], `${locale}, ${colorScheme}`);
      }
      for (const width of [320, 390]) {
        await page.setViewportSize({ width, height: 844 });
        assert.equal(await beyond(page), 0, `${locale} at ${width}`);
      }
      if (locale === 'ar-EG') assert.equal(await page.locator('.plot svg').first().evaluate((one) => getComputedStyle(one).transform), 'matrix(-1, 0, 0, 1, 0, 0)');
      await page.context().close();
    }
    await given(olivia, series(WAITS, { metric: 'waits' }));
    await olivia.goto(`${HERE}?metric=waits`);
    await olivia.locator('#metric-rows').waitFor();
    for (const colorScheme of ['light', 'dark']) {
      await olivia.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      assert.deepEqual(await barriers(olivia), [], colorScheme);
    }
  });

  it('takes every word from the catalogue, and the browser refuses nothing', async () => {
    const page = await open(browser, `${DESK_URL}?view=all`, DESK);
    await page.evaluate(() => localStorage.setItem('parley-language', 'en-XA'));
    await page.reload();
    await enter(page, 'Olivia');
    for (const [metric, items] of Object.entries({
      waits: WAITS, responses: [item(2, 'email', 'ai:first', 3, 1, 2)], errors: [item(2, '', 'outbound:email', 3)], realtime: [item(2, '', 'connections', 3), item(2, '', 'lasted', 3, 9, 99)],
    })) {
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.route(SERIES, json(series(items, { metric })));
      await page.goto(`${HERE}?metric=${metric}`);
      await page.locator('#metric-rows').waitFor();
      assert.deepEqual(await unspoken(page), [], metric);
    }
    await page.context().close();
    assert.deepEqual((await control('refused')).lines, []);
    assert.deepEqual(olivia.errors.filter((one) => !/4\d\d|500/.test(one)), []);
  });
});
