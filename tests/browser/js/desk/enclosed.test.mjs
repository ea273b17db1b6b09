import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, launch } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, listen, turnTo } from './staff.mjs';

const LAID_OUT = { name: 'As it was laid out' };

describe('pictures that came with a mail', () => {
  let browser, page, frame, asked;

  before(async () => {
    browser = await launch();
    page = await comeIn(browser, 'Ana');
    asked = listen(page);
  });
  after(() => browser?.close());

  const files = () => asked.all().filter((url) => /\/v1\/attachments\//.test(url));
  /** For each picture what it shows: its type and width, or nothing. */
  const shown = async () => Object.fromEntries(await frame.locator('img').evaluateAll((all) => all.map((one) => [one.alt, one.hasAttribute('src') ? `${/^data:([^;]+)/.exec(one.src)?.[1]} ${one.naturalWidth}` : null])));

  it('are not there while they are being checked, and nothing of them is asked for', async () => {
    const { name } = await control('enclosed');
    await turnTo(page, name);
    await page.getByRole('button', LAID_OUT).first().click();
    frame = page.frameLocator('iframe[title="The mail as it was laid out"]');
    await frame.getByText('Our kitchen').waitFor();
    await page.getByText('Pictures of this mail are still being checked.').waitFor();
    assert.deepEqual([...new Set(Object.values(await shown()))], [null]);
    assert.deepEqual(files(), []);
  });

  it('are shown once they were let out: its own, of two of a name the first, and what its bytes say is a picture', async () => {
    await control('checked');
    await page.getByRole('status').getByRole('button', { name: 'Try again' }).click();
    await eventually(async () => (await shown()).first, 'image/gif 9');
    assert.deepEqual(await shown(), { plan: 'image/png 6', again: 'image/png 6', first: 'image/gif 9', vector: null, page: null, script: null, other: null, tenant: null, huge: null, proto: null });
    await page.getByText('4 pictures of this mail are not shown here').waitFor();
    assert.equal(files().length, 2);
    assert.equal(await page.getByText('still being checked').count(), 0);
    assert.deepEqual(await barriers(page), []);
  });

  it('are in a frame that may load nothing for them, and ask nobody', async () => {
    const policy = await page.evaluate(() => fetch('/dashboard/mail-frame').then((answer) => answer.headers.get('content-security-policy')));
    assert.match(policy, /default-src 'none'.*img-src data:;/);
    assert.equal(await frame.getByText('file', { exact: true }).getAttribute('href'), null);
    assert.deepEqual(asked.elsewhere(), []);
    for (const one of page.frames()) assert.equal(await one.evaluate(() => globalThis.hacked), undefined);
    assert.deepEqual((await control('refused')).lines, []);
    assert.deepEqual(page.errors, []);
  });

  it('say why they cannot be shown, and can be asked for again', async () => {
    await page.route('**/v1/messages/*/attachments', (route) => route.fulfill({ status: 403, contentType: 'application/json', body: JSON.stringify({ type: 'about:blank', title: 'Forbidden', status: 403, detail: 'This needs the read right.', code: 'forbidden' }) }));
    for (let n = 0; n < 2; n++) await page.getByRole('button', LAID_OUT).first().click();
    await page.getByRole('alert').getByText('This needs the read right.').waitFor();
    assert.deepEqual([...new Set(Object.values(await shown()))], [null]);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });
});
