import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, mail } from './staff.mjs';

const { DESK_URL } = process.env;
const HOUR = 3_600_000;
const BOARD = '**/v1/operations/board*';
const PROMISES = '**/v1/operations/invariants*';

const rates = { success_rate: 0.978, delivered_rate: 0.84, read_rate: 0.06, p50_seconds: 0.42, p95_seconds: 3.1 };
const outcomes = { written: 640, open: 3, sent: 100, delivered: 480, read: 40, failed: 5, bounced: 7, cancelled: 4, unknown: 2, ...rates };
const QUEUES = ['inbound', 'outbound', 'insights', 'assistants', 'moderation', 'attachments', 'notifier', 'ingress'];

/** A board as the server answers it, with something on every tile; what a test wants otherwise it says. */
function board(changes = {}) {
  const now = Math.floor(Date.now() / HOUR) * HOUR;
  const at = (n) => new Date(now - n * HOUR).toISOString();
  const series = (make) => Array.from({ length: 24 }, (_, n) => ({ at: at(23 - n), ...make(n) })).filter((_, n) => n % 5 !== 0);
  return {
    from: at(24), to: new Date().toISOString(), step: 'hour', as_of: new Date().toISOString(), age_seconds: 2.4,
    volume: { inbound: 812, outbound: 640, internal: 77, by_ai: 420, by_agents: 220, channels: [{ channel: 'email', inbound: 500, outbound: 410, internal: 0 }], series: series((n) => ({ inbound: 20 + n, outbound: 10 + n, internal: n % 3 })) },
    delivery: { ...outcomes, channels: [{ channel: 'email', ...outcomes }, { channel: 'sms', ...outcomes, written: 12 }], series: series((n) => ({ arrived: 20 + n, lost: n % 4 === 0 ? 2 : 0, unknown: 0 })) },
    attempts: [{ outcome: 'accepted', attempts: 640 }, { outcome: 'retry', attempts: 12 }],
    responses: [{ by: 'ai', turn: 'first', answers: 300, p50_seconds: 1.2, p95_seconds: 9.5 }, { by: 'agent', turn: 'first', answers: 40, p50_seconds: 840, p95_seconds: 9000 }],
    decisions: { decisions: 500, auto_reply: 420, follow_up: 10, no_reply: 0, human_takeover: 65, error: 5, handover_rate: 0.13, series: series((n) => ({ decisions: 20 + (n % 7), handovers: n % 4 })) },
    threads: { active_hour: 12, active_day: 180, open: 10_000, with_people: 33, unread: 21 },
    queues: QUEUES.map((queue, n) => ({ queue, depth: n, in_flight: n ? 1 : 0, oldest_seconds: n * 20, p50_seconds: n > 4 ? null : 0.08, p95_seconds: n > 4 ? null : 0.4 })),
    moderation: { judged: 900, approved: 880, filtered: 9, review: 6, blocked: 5, by_people: 6, p50_seconds: 0.003, p95_seconds: 0.02 },
    uploads: { files: 40, waiting: 1, released: 37, refused: 2, gone: 0, success_rate: 0.9487 },
    people: { staff: 6, participants: 40, contacts: 310, series: [{ at: new Date(Math.floor(now / (24 * HOUR)) * 24 * HOUR).toISOString(), staff: 6, participants: 40, contacts: 310, messages: 1529 }] },
    realtime: { connections: 14, processes: 1, reported_at: new Date().toISOString(), opened: 90, closed: 76, broken: 3, p50_seconds: 310, p95_seconds: 7200, series: series((n) => ({ connections: 9 + (n % 6), opened: 9, closed: 8 })) },
    errors: { errors: 14, components: [{ component: 'outbound:email', errors: 12, of: 660, rate: 0.0182 }], series: series((n) => ({ errors: n % 6 === 1 ? 3 : 0 })) },
    ...changes,
  };
}

const promise = (name, violations, checked_at) => ({ name, claim: `${name} is so.`, violations, checked_at });
const promises = { items: [promise('one', 0, new Date().toISOString()), promise('two', 3, new Date().toISOString()), promise('three', 0, null), promise('four', 0, new Date(Date.now() - 48 * HOUR).toISOString())] };
const json = (body, status = 200) => (route) => route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(typeof body === 'function' ? body() : body) });
const tile = (page, name) => page.getByRole('region', { name, exact: true }).filter({ has: page.getByRole('heading', { name, exact: true }) });
const figure = (page, name, label) => tile(page, name).locator('.figures div').filter({ has: page.getByText(label, { exact: true }) }).locator('dd').textContent();

describe('the operations board', () => {
  let browser, olivia;

  const given = async (page, answer = board, kept = promises) => {
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.route(BOARD, json(answer));
    await page.route(PROMISES, json(kept));
  };

  before(async () => {
    browser = await launch();
    olivia = await comeIn(browser, 'Olivia');
    await mail();
  });
  after(() => browser?.close());

  it('says what there is, how old that is, and leads to the rows', async () => {
    await given(olivia);
    await olivia.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Operations' }).click();
    await tile(olivia, 'What waits').waitFor();
    assert.equal(await figure(olivia, 'What waits', 'Waiting'), '28');
    assert.equal(await figure(olivia, 'What waits', 'Oldest'), '2.3 min');
    assert.equal(await figure(olivia, 'Deliveries', 'Outcome unknown'), '2');
    assert.equal(await figure(olivia, 'Decisions of the AI', 'Handed over'), '13%');
    assert.equal(await figure(olivia, 'Conversations', 'Open'), '10,000+');
    for (const name of ['What waits', 'Conversations', 'Live connections', 'Messages', 'Deliveries', 'Answers', 'Decisions of the AI', 'What moderation did', 'Who was active', 'Errors', 'Files']) {
      assert.match(await tile(olivia, name).locator('footer').textContent(), /old|As of now/, name);
    }
    await tile(olivia, 'Deliveries').getByRole('link', { name: 'Unknown outcomes' }).click();
    await olivia.getByRole('heading', { name: 'Deliveries', level: 2 }).waitFor();
    await olivia.goBack();
    await tile(olivia, 'What moderation did').getByRole('link', { name: 'Reviews' }).click();
    await olivia.getByRole('heading', { name: 'Reviews', level: 2 }).waitFor();
    await olivia.goBack();
  });

  it('shows each promise as kept, broken, or not looked at, in words too', async () => {
    const kept = tile(olivia, 'Promises');
    await kept.waitFor();
    assert.equal(await figure(olivia, 'Promises', 'Kept'), '1');
    assert.equal(await figure(olivia, 'Promises', 'Broken'), '1');
    assert.equal(await figure(olivia, 'Promises', 'Not looked at'), '2');
    assert.match(await kept.getByRole('row').nth(1).textContent(), /two is so\.Broken \(3\)/);
    assert.match(await kept.locator('footer').textContent(), /2 days old/);
  });

  it('every chart is a table at one press', async () => {
    const charts = olivia.getByRole('figure');
    const count = await charts.count();
    assert.ok(count >= 6, `${count} charts`);
    for (let n = 0; n < count; n++) {
      const chart = charts.nth(n);
      assert.equal(await chart.getByRole('img').count(), 1);
      await chart.getByRole('button', { name: 'As a table' }).click();
      assert.ok((await chart.getByRole('row').count()) > 1);
      assert.equal(await chart.getByRole('img').count(), 0);
    }
    assert.deepEqual(await barriers(olivia), []);
    const row = tile(olivia, 'Messages').getByRole('figure').getByRole('row').nth(1);
    assert.deepEqual(await row.getByRole('cell').allTextContents(), ['43', '33', '2']);
  });

  it('keeps the chosen time in the address, over a reload', async () => {
    const asked = olivia.waitForRequest(BOARD);
    await olivia.getByRole('navigation', { name: 'Time' }).getByRole('link', { name: 'Last week' }).click();
    const from = new URL((await asked).url()).searchParams.get('from');
    assert.ok(Math.abs(Date.now() - 7 * 24 * HOUR - Date.parse(from)) < 600_000);
    assert.match(olivia.url(), /period=week/);
    await olivia.reload();
    await tile(olivia, 'Messages').waitFor();
    assert.equal(await olivia.getByRole('navigation', { name: 'Time' }).locator('[aria-current]').textContent(), 'Last week');
  });

  it('renews itself, and leaves the server alone while the tab is hidden', async () => {
    const page = await comeIn(browser, 'Olivia');
    let asked = 0;
    await page.route(PROMISES, json(promises));
    await page.route(BOARD, (route) => (asked++, json(board)(route)));
    await page.clock.install();
    await page.goto(`${DESK_URL}operations`);
    await tile(page, 'Messages').waitFor();
    const before_ = asked;
    await page.clock.runFor(16_000);
    await eventually(() => asked, before_ + 1);
    const show = (state) => page.evaluate((said) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => said });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    }, state);
    await show('hidden');
    await page.clock.runFor(120_000);
    assert.equal(asked, before_ + 1);
    await show('visible');
    await eventually(() => asked, before_ + 2);
    await page.context().close();
  });

  it('says when it is loading, empty, old, wrong or not for this person', async () => {
    const page = await comeIn(browser, 'Olivia');
    const nothing = () => board({ volume: { ...board().volume, inbound: 0, outbound: 0, internal: 0, channels: [], series: [] }, age_seconds: 90 });
    let release;
    const waits = new Promise((resolve) => (release = resolve));
    await page.route(PROMISES, json(promises));
    await page.route(BOARD, async (route) => (await waits, json(nothing)(route)));
    await page.goto(`${DESK_URL}operations`);
    await page.locator('[aria-busy]').waitFor();
    release();
    await page.getByText('Nobody wrote in this time.').waitFor();
    await page.locator('header .warn').getByText(/Counted up to 1\.\d min ago/).waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.route(PROMISES, json(promises));
    await page.route(BOARD, (route) => route.abort());
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
    await page.getByText('these figures are the last ones that came').waitFor();
    assert.equal(await figure(page, 'Messages', 'Came in'), '0');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.route(PROMISES, json(promises));
    await page.route(BOARD, json({ type: 'about:blank', title: 'Broken', status: 500, detail: 'It broke.', code: 'broken', request_id: 'r-4711' }, 500));
    await page.goto(`${DESK_URL}operations?period=month`);
    const alert = page.getByRole('alert');
    await alert.getByText('Request r-4711').waitFor();
    await page.unroute(BOARD);
    await page.route(BOARD, json(board));
    await alert.getByRole('button', { name: 'Try again' }).click();
    await tile(page, 'Messages').waitFor();
    await page.unroute(BOARD);
    await page.route(BOARD, json({ type: 'about:blank', title: 'Forbidden', status: 403, detail: 'This needs the read right.', remedy: 'ask an admin for the read right', code: 'forbidden' }, 403));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
    await page.getByRole('alert').getByText('ask an admin for the read right').waitFor();
    assert.equal(await page.locator('.tile').count(), 0);
    assert.deepEqual(await barriers(page), []);
    await page.context().close();
  });

  it('counts what comes in, and looks at every promise by itself', async () => {
    await olivia.unrouteAll({ behavior: 'ignoreErrors' });
    await olivia.goto(`${DESK_URL}operations`);
    await tile(olivia, 'Messages').waitFor();
    await eventually(async () => (await figure(olivia, 'Messages', 'Came in')) !== '0' || ((await olivia.reload(), await tile(olivia, 'Messages').waitFor()), false), true, 30_000);
    await olivia.locator('header .quiet').getByText(/Counted up to/).waitFor();
    await eventually(async () => (await figure(olivia, 'Promises', 'Kept')) !== '0' || ((await olivia.reload(), await tile(olivia, 'Promises').waitFor()), false), true, 30_000);
    assert.equal(await figure(olivia, 'Promises', 'Broken'), '0');
    assert.deepEqual(await barriers(olivia), []);
  });

  it('meets no barrier in the light and in the dark, at the desk and on the phone', async () => {
    for (const options of [DESK, PHONE]) {
      for (const colorScheme of ['light', 'dark']) {
        const page = await comeIn(browser, 'Olivia', '', { ...options, colorScheme });
        await given(page);
        await page.goto(`${DESK_URL}operations`);
        await tile(page, 'Files').waitFor();
        assert.deepEqual(await barriers(page), [], colorScheme);
        const [wide, has] = [await page.evaluate(() => document.documentElement.scrollWidth), page.viewportSize().width];
        assert.ok(wide <= has, `scrolls sideways: ${wide} > ${has}`);
        await page.context().close();
      }
    }
    assert.deepEqual((await control('refused')).lines, []);
    assert.deepEqual(olivia.errors.filter((one) => !/4\d\d/.test(one)), []);
  });
});
