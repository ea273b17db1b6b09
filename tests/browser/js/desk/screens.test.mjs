import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';

import { barriers, launch, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, mail, turnTo } from './staff.mjs';

const { DESK_URL } = process.env;

const go = async (page, title) => {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: title }).click();
  await page.getByRole('heading', { level: 2 }).first().waitFor();
};
const field = (page, label) => page.getByRole('dialog').getByLabel(label, { exact: true });
const press = (page, name) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
/** Ask the API as who is signed in on a page. */
const call = (page, method, path, body, key) => page.evaluate(async ([verb, at, sent, apiKey]) => {
  const kept = Object.values(sessionStorage).map((one) => { try { return JSON.parse(one); } catch { return null; } }).find((one) => one?.access_token);
  const headers = { 'content-type': 'application/json', ...(apiKey ? { 'x-api-key': apiKey } : { authorization: `Bearer ${kept.access_token}` }) };
  const answer = await fetch(`/v1${at}`, { method: verb, headers, ...(sent && { body: JSON.stringify(sent) }) });
  return { status: answer.status, body: await answer.json() };
}, [method, path, body, key]);
const settled = (page) => eventually(() => page.locator('[aria-busy]').count(), 0);

describe('the other screens', () => {
  let browser, olivia, name;

  before(async () => {
    browser = await launch();
    olivia = await comeIn(browser, 'Olivia', '?view=all');
    name = await mail();
    // What there is to do rests on an answer that was sent.
    await turnTo(olivia, name);
    await eventually(async () => (await olivia.locator('.bubble.by-ai').count()) > 0, true);
    assert.equal((await control('to-do')).name, name);
  });
  after(() => browser?.close());

  it('a contact shows what is to come and all that was, at an address of its own', async () => {
    await go(olivia, 'Contacts');
    await olivia.getByRole('link', { name, exact: true }).click();
    await olivia.getByRole('heading', { name, level: 2 }).waitFor();
    const asked = [];
    olivia.on('request', (request) => request.url().includes('/v1/') && asked.push(new URL(request.url()).pathname));
    await olivia.reload();
    await olivia.getByRole('heading', { name, level: 2 }).waitFor();
    const todo = olivia.getByRole('region', { name: 'What is to come' });
    await todo.getByRole('link', { name: 'Call about the keys' }).waitFor();
    await todo.getByText('Does Thursday still suit you?').waitFor();
    const events = olivia.getByRole('region', { name: 'What happened' }).getByRole('listitem');
    await events.filter({ hasText: 'E-mail conversation began' }).waitFor();
    await events.filter({ hasText: 'A task was made' }).waitFor();
    assert.match(await events.last().textContent(), /Became known/);
    await settled(olivia);
    assert.ok(asked.filter((path) => /contacts|threads|tasks|follow-ups/.test(path)).length <= 4, asked.join(' '));
    assert.deepEqual(await barriers(olivia), []);
  });

  it('a consent is recorded with its words, and stands in the timeline', async () => {
    await olivia.getByRole('button', { name: 'Record a consent' }).click();
    await field(olivia, 'For').selectOption('marketing');
    await field(olivia, 'What they agreed to').fill('News twice a year');
    assert.deepEqual(await barriers(olivia), []);
    await press(olivia, 'Save');
    await olivia.getByRole('region', { name: 'What happened' }).getByText('Agreed: E-mail, marketing').waitFor();
  });

  it('tasks and follow-ups are lists by due date, and what is late stands out', async () => {
    await go(olivia, 'Tasks');
    const late = olivia.getByRole('row', { name: /Call about the keys/ });
    await late.locator('.warn').waitFor();
    await olivia.getByRole('button', { name: 'Follow-ups' }).click();
    const row = olivia.getByRole('row', { name: /Does Thursday still suit you/ });
    await row.waitFor();
    assert.deepEqual(await barriers(olivia), []);
    await olivia.reload();
    await row.getByRole('link', { name, exact: true }).click();
    await olivia.getByRole('heading', { name, level: 2 }).waitFor();
  });

  it('a phone is paired by a code, which is also there as text', async () => {
    await go(olivia, 'Channels');
    await olivia.getByRole('button', { name: 'Connect an account' }).click();
    await field(olivia, 'Channel').selectOption('whatsapp');
    await field(olivia, 'Name').fill('Our phone');
    await field(olivia, 'Provider').fill('baileys');
    await field(olivia, 'Address').fill('+491701234567');
    await press(olivia, 'Connect');
    const row = olivia.getByRole('row', { name: /Our phone/ });
    await row.getByRole('button', { name: 'Pair a phone' }).click();
    await olivia.getByText('Waiting for the bridge to show a code').waitFor();
    assert.deepEqual(await barriers(olivia), []);
    const { code } = await control('pair');
    await olivia.getByRole('img', { name: /QR code/ }).waitFor();
    await olivia.getByText('You cannot scan it here?').click();
    assert.equal(await olivia.getByTestId('pairing-text').textContent(), code);
    assert.deepEqual(await barriers(olivia), []);
    await control('paired');
    await olivia.getByText('The phone is paired').waitFor();
    await press(olivia, 'Close');
    await eventually(() => row.getByRole('button', { name: 'Pair a phone' }).count(), 0);
    await row.getByRole('button', { name: 'Disconnect' }).click();
    await olivia.getByRole('dialog').getByRole('textbox').fill('Our phone');
    await press(olivia, 'Disconnect');
    await row.waitFor({ state: 'detached' });
  });

  it('an account says when it last sent, and is tried with a real message', async () => {
    const row = olivia.getByRole('row', { name: /Acme support/ });
    const head = await olivia.getByRole('columnheader').allTextContents();
    const cell = row.getByRole('cell').nth(head.indexOf('Last out'));
    await eventually(async () => (await olivia.reload(), await cell.textContent()) !== 'never', true);
    await row.getByRole('button', { name: 'Test' }).click();
    assert.equal(await field(olivia, 'To').inputValue(), 'owner@acme.test');
    await field(olivia, 'To').fill('try-me@people.test');
    await press(olivia, 'Test');
    await olivia.locator('.toast').getByText('The test is on its way').waitFor();
    await row.getByRole('button', { name: 'Pause' }).click();
    await row.getByRole('button', { name: 'Resume' }).click();
    await row.getByRole('button', { name: 'Pause' }).waitFor();
  });

  it('every member and key says what it may', async () => {
    await go(olivia, 'Team');
    const mine = olivia.getByRole('row', { name: /Olivia Owner/ });
    await mine.waitFor();
    assert.deepEqual(await mine.locator('.chip').allTextContents(), ['Read', 'Send', 'Manage conversations', 'Settings and keys', 'Delete the tenant']);
    await olivia.getByRole('button', { name: 'New API key' }).click();
    await field(olivia, 'Name').fill('Reports');
    await press(olivia, 'Make it');
    await press(olivia, 'Close');
    const key = olivia.getByRole('row', { name: /Reports/ });
    await key.waitFor();
    assert.deepEqual(await key.locator('.chip').allTextContents(), ['Read']);
    await key.getByRole('button', { name: 'Take back' }).click();
    await key.getByText('nothing any more').waitFor();
  });

  it('the log is searched by who, what, on what and when, at an address that stays', async () => {
    await go(olivia, 'Audit');
    await olivia.getByRole('search', { name: 'Find rows' }).getByLabel('What', { exact: true }).fill('api_key.revoked');
    await olivia.getByLabel('Who', { exact: true }).selectOption({ label: 'Olivia Owner' });
    await olivia.getByRole('button', { name: 'Find' }).click();
    await eventually(async () => new Set(await olivia.locator('tbody tr td:nth-child(3)').allTextContents()).size, 1);
    const address = olivia.url();
    assert.match(address, /action=api_key\.revoked/);
    await olivia.reload();
    await olivia.getByRole('cell', { name: 'api_key.revoked' }).first().waitFor();
    await olivia.getByRole('button', { name: 'About the same' }).first().click();
    await olivia.getByRole('cell', { name: 'api_key.created' }).first().waitFor();
    assert.equal(await olivia.locator('tbody tr').count(), 2);
    await olivia.getByLabel('To', { exact: true }).fill('2020-01-01');
    await olivia.getByRole('button', { name: 'Find' }).click();
    await olivia.getByText('Nothing was done yet.').waitFor();
    await olivia.getByRole('button', { name: 'Show all' }).click();
    await olivia.locator('tbody tr').nth(2).waitFor();
    assert.deepEqual(await barriers(olivia), []);
  });

  it('what is taken away is a file of what was found, and taking it is on record', async () => {
    await olivia.goto(`${DESK_URL}audit?action=api_key.revoked`);
    await olivia.getByRole('cell', { name: 'api_key.revoked' }).first().waitFor();
    const [download] = await Promise.all([olivia.waitForEvent('download'), olivia.getByRole('button', { name: 'Export' }).click()]);
    const [head, ...lines] = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
    assert.equal(head, 'at,actor,action,object_kind,object_id,details');
    assert.ok(lines.length > 0 && lines.every((line) => line.includes('api_key.revoked')));
    await olivia.goto(`${DESK_URL}audit?action=audit_log.exported`);
    await olivia.getByRole('cell', { name: 'audit_log.exported' }).first().waitFor();
    await olivia.getByRole('button', { name: 'What was refused' }).click();
    await settled(olivia);
    assert.deepEqual(await barriers(olivia), []);
  });

  it('whose time with a review is over decides nothing any more: whoever took it next does', async () => {
    const document = { lanes: { agent: { after: { threat: { action: 'hold', threshold: 0.5 } } } } };
    const { body: policy } = await call(olivia, 'POST', '/moderation/policies', { document, expected_version: 0 });
    assert.ok(policy.version, JSON.stringify(policy));
    const { body: key } = await call(olivia, 'POST', '/api-keys', { name: 'A server', scopes: ['read', 'send'] });
    const { body: threads } = await call(olivia, 'GET', '/threads');
    const thread = threads.items.find((one) => one.contact_name === name);
    const { body: sent } = await call(olivia, 'POST', `/threads/${thread.id}/messages`, { body: 'I will kill you tonight, you and your family.' }, key.key);
    assert.equal(sent.moderation_status, 'review', JSON.stringify(sent));
    const ana = await comeIn(browser, 'Ana');
    for (const page of [ana, olivia]) {
      await go(page, 'Reviews');
      await page.getByRole('button', { name: page === ana ? 'Nobody’s' : 'All open' }).click();
      await page.getByRole('button', { name: 'Take and read' }).first().click();
      await press(page, 'Take and read');
      assert.match(await page.getByRole('timer').textContent(), /yours for \d+:\d\d/);
      if (page === ana) await control('lapse');
    }
    await ana.getByRole('button', { name: 'Show it', exact: true }).click();
    await press(ana, 'Decide');
    assert.ok(await field(ana, 'Reason, for the sender').evaluate((one) => !one.validity.valid), 'a decision needs a reason');
    await field(ana, 'Reason, for the sender').fill('I think it is fine.');
    await press(ana, 'Decide');
    await ana.getByRole('dialog').getByRole('alert').waitFor();
    await olivia.getByRole('button', { name: 'Stop it' }).click();
    await field(olivia, 'Reason, for the sender').fill('Nobody is threatened here.');
    await press(olivia, 'Decide');
    await olivia.getByText('Decided. The sender is told.').waitFor();
    const { body: message } = await call(olivia, 'GET', `/messages/${sent.message_id}`);
    assert.equal(message.moderation_status, 'blocked', JSON.stringify(message));
    await call(olivia, 'DELETE', '/moderation/policy');
    await ana.context().close();
  });

  it('shows nothing of it to whoever may not see it, and fits a phone', async () => {
    const ana = await comeIn(browser, 'Ana', '', { ...PHONE, colorScheme: 'dark' });
    await ana.goto(`${DESK_URL}tasks?view=follow_ups`);
    await ana.getByRole('row', { name: /Does Thursday still suit you/ }).getByRole('link', { name, exact: true }).click();
    await ana.getByRole('heading', { name, level: 2 }).waitFor();
    await settled(ana);
    assert.deepEqual(await barriers(ana), []);
    const [wide, has] = [await ana.evaluate(() => document.documentElement.scrollWidth), ana.viewportSize().width];
    assert.ok(wide <= has, `scrolls sideways: ${wide} > ${has}`);
    await ana.goto(`${DESK_URL}audit?action=api_key.revoked`);
    await ana.getByRole('alert').getByText('“admin”').waitFor();
    assert.ok(!(await ana.content()).includes('Olivia Owner'));
    await ana.context().close();
    assert.deepEqual((await control('refused')).lines, []);
    assert.deepEqual(olivia.errors.filter((one) => !/4\d\d/.test(one)), []);
  });
});
