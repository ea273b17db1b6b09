// Pictures of every screen, light and dark, at the desk and on the phone, into the folder that is given.

import { DESK, launch, open, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, enter, reply, turnTo } from './staff.mjs';

const [folder] = process.argv.slice(2);
const SCREENS = ['contacts', 'tasks', 'reviews', 'policy', 'deliveries', 'channels', 'knowledge', 'members', 'settings', 'operations', 'operations/series?metric=responses&period=week&step=hour', 'viewer', 'audit', 'start'];

/** What a screen shows only when somebody asks for it. */
const ASKED = {
  async viewer(page) {
    await page.getByLabel('Why do you look?').fill('Complaint 4711: she says he never came');
    await page.getByRole('button', { name: 'Look', exact: true }).click();
    await page.getByRole('button', { name: /^Read: / }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Read', exact: true }).click();
    await page.getByRole('list', { name: 'Messages' }).waitFor();
  },
};

const browser = await launch();
// The tenant of `parley demo --seed`: a month of work, with people of every kind.
const first = await comeIn(browser, 'Ana', '?view=ai');
const name = await first.locator('.row .name').nth(1).textContent();
await first.locator('.row', { hasText: name }).first().click();
await first.getByRole('button', { name: 'Take over' }).click();
await reply(first, 'Good morning! I have put you down for Thursday at ten.');
await eventually(() => first.locator('.bubble').count(), 3);
await first.getByRole('button', { name: 'Note', exact: true }).click();
await first.getByLabel('Note for colleagues').fill('She called this morning: the basement is flooded, too.');
await first.getByRole('button', { name: 'Add note' }).click();
await first.locator('.bubble.note').waitFor();
const { name: letter } = await control('letter');
const { name: late } = await control('whatsapp');
for (const [size, options] of Object.entries({ desk: DESK, phone: { ...PHONE, deviceScaleFactor: 1 } })) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await comeIn(browser, 'Olivia', '?view=all', { ...options, colorScheme });
    const take = (name) => page.screenshot({ path: `${folder}/desk-${name}-${size}-${colorScheme}.png` });
    await page.locator('.row').first().waitFor();
    await take('inbox');
    await page.locator('.row', { hasText: name }).first().click();
    await page.locator('.bubble').nth(2).waitFor();
    await take('conversation');
    await page.keyboard.press('Control+k');
    await page.locator('.picker').waitFor();
    await take('palette');
    await page.keyboard.press('Escape');
    for (const screen of SCREENS) {
      await page.goto(`${process.env.DESK_URL}${screen}`);
      await page.locator('#page-title').waitFor();
      await ASKED[screen]?.(page);
      await eventually(() => page.locator('[aria-busy]').count(), 0);
      await take(screen.replace(/[/?].*/, '') + (screen.includes('/') ? '-series' : ''));
    }
    await page.context().close();
  }
}
// What came in while they were made is of the first tenant: its mailbox is the one that mail reaches.
for (const [size, options] of Object.entries({ desk: DESK, phone: { ...PHONE, deviceScaleFactor: 1 } })) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await comeIn(browser, 'Acme', '?view=all', { ...options, colorScheme });
    const take = (name) => page.screenshot({ path: `${folder}/desk-${name}-${size}-${colorScheme}.png` });
    await turnTo(page, letter);
    await page.getByRole('button', { name: 'As it was laid out' }).first().click();
    await page.frameLocator('iframe').getByRole('heading').waitFor();
    await take('letter');
    await page.goto(`${process.env.DESK_URL}?view=all&channel=whatsapp`);
    await turnTo(page, late);
    await page.getByRole('button', { name: 'Choose a template' }).click();
    await page.getByLabel('Template', { exact: true }).selectOption({ label: 'visit_reminder (en_US)' });
    await take('template');
    await page.context().close();
  }
}
for (const [size, options] of Object.entries({ desk: DESK, phone: { ...PHONE, deviceScaleFactor: 1 } })) {
  const page = await open(browser, `${process.env.DESK_URL}?view=all`, { ...options, locale: 'ar-EG' });
  await enter(page, 'Olivia');
  await page.locator('.row', { hasText: name }).first().click();
  await page.locator('.bubble').nth(2).waitFor();
  await page.screenshot({ path: `${folder}/desk-arabic-${size}-light.png` });
  await page.context().close();
}
await browser.close();
