import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, PHONE } from '../browser.mjs';
import { eventually } from '../people.mjs';
import { comeIn, goTo, mail } from './staff.mjs';

const { DESK_URL } = process.env;
const SCREENS = ['contacts', 'tasks', 'reviews', 'policy', 'deliveries', 'channels', 'knowledge', 'members', 'settings', 'operations', 'audit'];

const go = async (page, screen) => {
  await goTo(page, titleOf(screen));
  await page.locator('#page-title').waitFor();
};
const settled = (page) => eventually(() => page.locator('[aria-busy]').count(), 0);
const titleOf = (screen) => ({ members: 'Team' })[screen] ?? screen[0].toUpperCase() + screen.slice(1);
const field = (page, label) => page.getByRole('dialog').getByLabel(label, { exact: true });
const press = (page, name) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click();

describe('what admins set up', () => {
  let browser, olivia;

  before(async () => {
    browser = await launch();
    olivia = await comeIn(browser, 'Olivia');
    await mail();
  });
  after(() => browser?.close());

  it('meets no barrier on any screen, in the light and in the dark, at the desk and on the phone', async () => {
    for (const [size, options] of Object.entries({ desk: DESK, phone: PHONE })) {
      for (const colorScheme of ['light', 'dark']) {
        const page = await comeIn(browser, 'Olivia', '', { ...options, colorScheme });
        for (const screen of SCREENS) {
          await go(page, screen);
          await settled(page);
          assert.deepEqual(await barriers(page), [], `${screen}, ${size}, ${colorScheme}`);
          const [wide, has] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          // A phone widens its window to what does not fit.
          assert.ok(wide <= has && has === options.viewport.width, `${screen} scrolls sideways on the ${size}: ${wide}, ${has}`);
        }
        assert.deepEqual(page.errors, []);
        await page.context().close();
      }
    }
  });

  it('a question is added, corrected at the field the server names, and taken away', async () => {
    await go(olivia, 'knowledge');
    await olivia.getByRole('button', { name: 'Add a question' }).click();
    await field(olivia, 'Question').fill('Do you paint fences?');
    await field(olivia, 'Keywords').fill('fence, paint');
    await field(olivia, 'Answer').fill('We do.');
    await field(olivia, 'Language').fill('klingon-!');
    await press(olivia, 'Save');
    await olivia.getByRole('dialog').getByRole('alert').waitFor();
    assert.equal(await field(olivia, 'Language').getAttribute('aria-invalid'), 'true');
    assert.equal(await field(olivia, 'Question').inputValue(), 'Do you paint fences?');
    assert.deepEqual(await barriers(olivia), []);
    await field(olivia, 'Language').fill('en');
    await press(olivia, 'Save');
    const row = olivia.getByRole('row', { name: /Do you paint fences/ });
    await row.getByRole('button', { name: 'Delete' }).click();
    assert.deepEqual(await barriers(olivia), []);
    await press(olivia, 'Delete');
    await row.waitFor({ state: 'detached' });
  });

  it('an API key is shown once, works, and works no more when it was taken back', async () => {
    await go(olivia, 'members');
    await olivia.getByRole('button', { name: 'New API key' }).click();
    await field(olivia, 'Name').fill('Billing');
    await press(olivia, 'Make it');
    const key = await olivia.getByTestId('secret').textContent();
    assert.deepEqual(await barriers(olivia), []);
    await press(olivia, 'Close');
    const ask = async () => (await fetch(new URL('/v1/threads', DESK_URL), { headers: { 'x-api-key': key } })).status;
    assert.equal(await ask(), 200);
    await eventually(async () => (await olivia.content()).includes(key), false);
    await olivia.getByRole('row', { name: /Billing/ }).getByRole('button', { name: 'Take back' }).click();
    await eventually(ask, 401);
  });

  it('somebody is invited by a token that is shown once', async () => {
    await olivia.getByRole('button', { name: 'Invite' }).click();
    await field(olivia, 'E-mail').fill('new@acme.test');
    await press(olivia, 'Invite');
    assert.ok((await olivia.getByTestId('secret').textContent()).length > 20);
    await press(olivia, 'Close');
    await olivia.getByRole('button', { name: 'Invite' }).click();
    await press(olivia, 'Cancel');
    await olivia.getByRole('button', { name: 'Invite' }).click();
    await press(olivia, 'Cancel');
    await olivia.getByRole('row', { name: /new@acme.test/ }).getByRole('button', { name: 'Take back' }).click();
    await olivia.getByText('Nobody is invited.').waitFor();
  });

  it('the last owner stays', async () => {
    await olivia.getByRole('row', { name: /Olivia Owner/ }).getByRole('button', { name: 'Remove' }).click();
    await press(olivia, 'Remove');
    await olivia.locator('.toast').getByText(/owner/i).waitFor();
    await olivia.getByRole('row', { name: /Olivia Owner/ }).waitFor();
  });

  it('hours and limits are kept, and a wrong one changes nothing', async () => {
    await go(olivia, 'settings');
    const form = olivia.getByRole('form', { name: 'Limits and quiet hours' });
    await form.getByLabel('Most sends of one person in a minute').fill('0');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByRole('alert').waitFor();
    await form.getByLabel('Most sends of one person in a minute').fill('42');
    await form.getByRole('button', { name: 'Save' }).click();
    await olivia.locator('.toast').getByText('Saved').waitFor();
    await olivia.reload();
    await eventually(() => olivia.getByLabel('Most sends of one person in a minute').inputValue(), '42');
  });

  it('what may be searched, and how long stopped texts stay, is the tenant\'s own', async () => {
    await go(olivia, 'settings');
    const form = olivia.getByRole('form', { name: 'Searching and keeping' });
    const days = form.getByLabel('Days to keep masked and stopped texts');
    const save = async () => {
      const saved = olivia.waitForResponse((answer) => answer.request().method() === 'PATCH');
      await form.getByRole('button', { name: 'Save' }).click();
      return (await saved).status();
    };
    await days.fill('29');
    assert.equal(await save(), 422);
    await form.getByRole('alert').waitFor();
    await days.fill('400');
    await form.getByLabel('What may be searched').selectOption({ label: 'nothing' });
    assert.equal(await save(), 200);
    await olivia.goto(`${DESK_URL}?view=all&q=anything`);
    await olivia.getByRole('status').getByRole('heading', { name: 'Search is switched off' }).waitFor();
    assert.equal(await olivia.getByRole('alert').count(), 0);
    assert.deepEqual(await barriers(olivia), []);
    await olivia.getByRole('link', { name: 'Find a person by address' }).click();
    await olivia.getByRole('searchbox').waitFor();
    await olivia.goBack();
    await olivia.getByRole('link', { name: 'Change the setting' }).click();
    assert.equal(await days.inputValue(), '400');
    await days.fill('');
    await form.getByLabel('What may be searched').selectOption({ label: 'messages, too' });
    assert.equal(await save(), 200);
    await eventually(() => days.inputValue(), '');
  });

  it('an account is disconnected only by its name', async () => {
    await go(olivia, 'channels');
    await olivia.getByRole('button', { name: 'Disconnect' }).first().click();
    const sure = olivia.getByRole('dialog').getByRole('button', { name: 'Disconnect', exact: true });
    assert.ok(await sure.isDisabled());
    await olivia.getByRole('dialog').getByRole('textbox').fill('Acme suppor');
    assert.ok(await sure.isDisabled());
    await olivia.getByRole('dialog').getByRole('textbox').fill('Acme support');
    assert.ok(await sure.isEnabled());
    await press(olivia, 'Cancel');
  });

  it('an address that asks for silence gets it, until an admin lifts it', async () => {
    await go(olivia, 'deliveries');
    await olivia.getByRole('heading', { name: 'What did not arrive' }).waitFor();
    await olivia.getByRole('button', { name: 'Add an address' }).click();
    await field(olivia, 'Address').fill('Quiet@People.test');
    await press(olivia, 'Save');
    const row = olivia.getByRole('row', { name: /quiet@people.test/ });
    await row.getByRole('button', { name: 'Write again' }).click();
    await row.waitFor({ state: 'detached' });
  });

  it('a contact leads to his conversations', async () => {
    await go(olivia, 'contacts');
    await olivia.getByRole('link', { name: /Person Number/ }).first().click();
    await olivia.getByRole('heading', { name: 'Reached at' }).waitFor();
    await olivia.locator('.timeline').getByRole('link').first().click();
    await olivia.locator('.bubble').first().waitFor();
  });

  it('two records of one person become one, after a look at both', async () => {
    const [one, other] = [await mail(), await mail()];
    await go(olivia, 'contacts');
    await olivia.getByRole('link', { name: one, exact: true }).click();
    await olivia.getByRole('button', { name: 'Merge' }).click();
    await field(olivia, 'E-mail or phone').fill('nobody@people.test');
    await press(olivia, 'Find');
    await olivia.getByRole('dialog').getByText('Nobody is reached at nobody@people.test.').waitFor();
    await field(olivia, 'E-mail or phone').fill(`${other.toLowerCase().replaceAll(' ', '.')}@people.test`);
    await press(olivia, 'Find');
    await olivia.getByRole('heading', { name: `Make ${other} one with ${one}?` }).waitFor();
    const preview = olivia.getByRole('dialog').getByRole('row', { name: /Reached at/ }).getByRole('cell');
    assert.deepEqual(await preview.getByRole('listitem').count(), 4, 'one of his, one of the other, both afterwards');
    assert.deepEqual(await barriers(olivia), []);
    await press(olivia, 'Merge');
    await eventually(() => olivia.locator('.person-facts li', { hasText: '@people.test' }).count(), 2);
    await go(olivia, 'contacts');
    await eventually(() => olivia.getByRole('row', { name: other }).count(), 0);
  });

  it('a policy is drafted, refused at its mistake, tried on the past, and published', async () => {
    await go(olivia, 'policy');
    await olivia.getByText('Nothing is moderated').first().waitFor();
    await olivia.getByLabel('Phone number, Before contact details are revealed').selectOption('block');
    await olivia.getByText('lanes.people.before', { exact: true }).waitFor();
    await olivia.locator('summary').click();
    const source = olivia.getByLabel('The whole document');
    const kept = JSON.parse(await source.inputValue());
    await source.fill(JSON.stringify({ ...kept, window: 99 }));
    await source.blur();
    await olivia.getByRole('button', { name: 'Publish' }).click();
    await olivia.getByRole('alert').getByText(/window/).waitFor();
    if (!(await source.isVisible())) await olivia.locator('summary').click();
    await source.fill(JSON.stringify({ ...kept, lanes: { ...kept.lanes, agent: { after: { threat: { action: 'hold', threshold: 0.5 } } } } }));
    await source.blur();
    await olivia.getByRole('button', { name: 'Try it on past messages' }).click();
    await olivia.getByRole('heading', { name: /would fare differently/ }).waitFor();
    assert.deepEqual(await barriers(olivia), []);
    await olivia.getByRole('button', { name: 'Publish' }).click();
    await olivia.getByText(/Version 1 is in force/).waitFor();
  });

  it('what the policy holds is taken with a reason, and two people cannot both decide', async () => {
    const ana = await comeIn(browser, 'Ana', '?view=all');
    await ana.locator('.row').first().click();
    await ana.getByLabel('Reply', { exact: true }).fill('I will kill you tonight, you and your family.');
    await ana.getByRole('button', { name: 'Send', exact: true }).click();
    await ana.getByText('held for review').waitFor();
    await go(olivia, 'reviews');
    await olivia.getByRole('button', { name: 'Take and read' }).first().click();
    await press(olivia, 'Take and read');
    await olivia.locator('.panel').getByText('I will kill you tonight').waitFor();
    assert.deepEqual(await barriers(olivia), []);
    await go(ana, 'reviews');
    await ana.getByRole('button', { name: 'All open' }).click();
    await ana.getByRole('button', { name: 'Take and read' }).first().click();
    await press(ana, 'Take and read');
    await ana.getByRole('dialog').getByRole('alert').waitFor();
    assert.ok(!(await ana.locator('#main').textContent()).includes('kill you tonight'));
    await olivia.getByRole('button', { name: 'Stop it' }).click();
    await field(olivia, 'Reason, for the sender').fill('Nobody is threatened here.');
    await press(olivia, 'Decide');
    await olivia.getByText('Decided. The sender is told.').waitFor();
    await olivia.locator('.panel').waitFor({ state: 'detached' });
    await ana.context().close();
  });

  it('moderation is switched off again, and its versions stay', async () => {
    await go(olivia, 'policy');
    await olivia.getByRole('button', { name: 'Moderate nothing' }).click();
    await press(olivia, 'Moderate nothing');
    await olivia.getByText('Nothing is moderated').first().waitFor();
    await olivia.getByRole('button', { name: 'Put in force' }).waitFor();
  });

  it('an earlier version is put back in force by one press, whatever came after it', async () => {
    const inForce = (version) => olivia.getByText(new RegExp(`Version ${version} is in force since`)).waitFor();
    await olivia.getByRole('button', { name: 'Put in force' }).click();
    await inForce(1);
    const source = olivia.getByLabel('The whole document');
    if (!(await source.isVisible())) await olivia.locator('summary').click();
    await source.fill(JSON.stringify({ ...JSON.parse(await source.inputValue()), window: 5 }));
    await source.blur();
    await olivia.getByRole('button', { name: 'Publish' }).click();
    await inForce(2);
    await olivia.getByRole('row', { name: /^1 / }).getByRole('button', { name: 'Put in force' }).click();
    await inForce(1);
    await olivia.getByRole('row', { name: /^2 / }).getByRole('button', { name: 'Put in force' }).waitFor();
    await olivia.getByRole('button', { name: 'Moderate nothing' }).click();
    await press(olivia, 'Moderate nothing');
    await olivia.getByText('Nothing is moderated').first().waitFor();
  });

  it('and everything is on record', async () => {
    await go(olivia, 'audit');
    await olivia.getByRole('cell', { name: 'api_key.revoked' }).first().waitFor();
    assert.deepEqual(olivia.errors.filter((one) => !/4\d\d/.test(one)), []);
  });

  it('who may only answer sees what he may not change, and no button for it', async () => {
    const ana = await comeIn(browser, 'Ana');
    for (const screen of ['channels', 'knowledge', 'members', 'settings']) {
      await go(ana, screen);
      await settled(ana);
      assert.equal(await ana.getByRole('button', { name: /Add|New|Invite|Remove|Disconnect|Save|Delete/ }).count(), 0, screen);
    }
    assert.equal(await ana.getByRole('link', { name: 'Audit' }).count(), 0);
    await ana.goto(`${DESK_URL}audit`);
    await ana.getByRole('alert').getByText('“admin”').waitFor();
    await ana.context().close();
  });
});
