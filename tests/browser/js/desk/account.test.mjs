// A secret of an account is changed: on an account of its own, so that nobody else's is the worse for it.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, launch } from '../browser.mjs';
import { control } from '../people.mjs';
import { comeIn, goTo } from './staff.mjs';

const { DESK_URL } = process.env;
const [FIRST, UNFIT, SECOND] = ['first-secret-of-ours', 'no secret at all!', 'second-secret-of-ours'];

describe('the secret of an account', () => {
  let browser, olivia;

  before(async () => {
    browser = await launch();
    olivia = await comeIn(browser, 'Olivia');
    await goTo(olivia, 'Channels');
    await olivia.getByRole('button', { name: 'Connect an account' }).click();
    await field('Channel').selectOption({ label: 'Telegram' });
    await field('Name').fill('Spare bot');
    await field('Provider').fill('telegram');
    await field('Address').fill('471100042');
    await field('Name of the secret').fill('webhook_secret');
    await field('Value').fill(FIRST);
    await press('Connect');
    await row().waitFor();
  });
  after(() => browser?.close());

  const field = (label) => olivia.getByRole('dialog').getByLabel(label, { exact: true });
  const press = (name) => olivia.getByRole('dialog').getByRole('button', { name, exact: true }).click();
  const row = () => olivia.getByRole('row', { name: /Spare bot/ });

  it('is not changed to what its provider would not take: said at the field, and the old one holds', async () => {
    assert.equal((await control('secret')).value, FIRST);
    await row().getByRole('button', { name: 'Secrets' }).click();
    const value = field('Value');
    await field('Name of the secret').fill('webhook_secret');
    await value.fill(UNFIT);
    assert.deepEqual(await barriers(olivia), []);
    await press('Save');
    await olivia.getByRole('dialog').getByRole('alert').waitFor();
    assert.equal(await value.getAttribute('aria-invalid'), 'true');
    assert.equal(await value.inputValue(), UNFIT);
    assert.equal((await control('secret')).value, FIRST);
  });

  it('is another from the moment it was taken: sealed, shown nowhere, and on record without its value', async () => {
    await field('Value').fill(SECOND);
    await press('Save');
    await olivia.locator('.toast').getByText('The new secret is in use').waitFor();
    assert.deepEqual(await control('secret'), { value: SECOND, is_bare: 'False' });
    await olivia.goto(`${DESK_URL}audit?action=channel_session.secret_set`);
    await olivia.getByRole('cell', { name: 'channel_session.secret_set' }).first().waitFor();
    const said = await olivia.content();
    assert.ok(said.includes('webhook_secret') && ![FIRST, SECOND, UNFIT].some((one) => said.includes(one)));
    await goTo(olivia, 'Channels');
    await row().waitFor();
    assert.ok(![FIRST, SECOND].some((one) => olivia.url().includes(one)));
    assert.ok(!(await olivia.content()).includes(SECOND));
  });

  it('is nobody’s to change who may only answer', async () => {
    const ana = await comeIn(browser, 'Ana');
    await goTo(ana, 'Channels');
    await ana.getByRole('row', { name: /Spare bot/ }).waitFor();
    assert.equal(await ana.getByRole('button', { name: 'Secrets' }).count(), 0);
    await ana.context().close();
    await row().getByRole('button', { name: 'Disconnect' }).click();
    await olivia.getByRole('dialog').getByRole('textbox').fill('Spare bot');
    await press('Disconnect');
    await row().waitFor({ state: 'detached' });
    assert.deepEqual((await control('refused')).lines, []);
  });
});
