import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, open, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { hold, OVERLAYS, overlays, unspoken } from './overlays.mjs';
import { enter, mail } from './staff.mjs';

const { DESK_URL } = process.env;
const PSEUDO = 'en-XA';

const settled = (page) => eventually(() => page.locator('[aria-busy]').count(), 0);
const speech = (page) => page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]);
/** How far a page reaches beyond its sides. A phone's `innerWidth` grows with what does not fit; the layout does not. */
const beyond = (page) => page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));

/** Every screen there is a way to, however the ways are shown at this size. */
async function visit(page, see) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 1440, height: 900 });
  let paths = [];
  await eventually(async () => {
    paths = await page.evaluate(() => [...new Set([...document.querySelectorAll('nav a[href]')].map((one) => one.getAttribute('href')))]);
    return paths.length >= 10;
  }, true);
  await page.setViewportSize(size);
  for (const path of paths) {
    await page.evaluate((to) => {
      if (new URL(to, location.href).pathname !== location.pathname) document.querySelector('#page-title, .list')?.setAttribute('data-left', '');
      history.pushState({}, '', to);
    }, path);
    await eventually(async () => {
      // Told again: the router does not hear of an address while it is still on its way to the one before.
      await page.evaluate(() => dispatchEvent(new PopStateEvent('popstate')));
      return page.locator(':is(#page-title, .list):not([data-left])').first().waitFor({ timeout: 1_000 }).then(() => true, () => false);
    }, true);
    await settled(page);
    await see(path);
  }
}

describe('the desk in the language of its reader', () => {
  let browser;

  before(async () => {
    browser = await launch();
    await mail();
  });
  after(() => browser?.close());

  it('takes every word from the catalogue, on every screen and in every overlay, and no overlay is a barrier', async () => {
    const page = await open(browser, `${DESK_URL}?view=all`, DESK);
    await page.evaluate((tag) => localStorage.setItem('parley-language', tag), PSEUDO);
    await page.reload();
    await page.locator('input[type=email]').waitFor();
    const spoken = async (where) => assert.deepEqual(await unspoken(page), [], where);
    const well = async (where) => {
      await spoken(where);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        assert.deepEqual(await barriers(page, OVERLAYS), [], `${where}, ${colorScheme}`);
      }
    };
    await spoken('sign-in');
    await enter(page, 'Olivia');
    await hold(page);
    const opened = [];
    await visit(page, async (path) => {
      await spoken(path);
      opened.push(...await overlays(page, (name) => well(`${path}, ${name}`)));
    });
    await page.goto(`${DESK_URL}?view=all`);
    await page.locator('.row').first().click();
    await page.locator('.bubble').nth(1).waitFor();
    await spoken('conversation');
    opened.push(...await overlays(page, (name) => well(`conversation, ${name}`)));
    await page.evaluate(() => document.activeElement?.blur()); // the last press may have led into a field, where a key is text
    await page.locator('body').press('?');
    await page.locator('dialog').waitFor();
    await well('help');
    assert.ok(opened.length > 10, `only ${opened} opened anything`);
    await page.context().close();
  });

  it('is the browser’s, until somebody chooses his own; that is the same in every browser', async () => {
    const page = await open(browser, `${DESK_URL}?view=all`, { ...DESK, locale: 'de-AT' });
    await page.getByRole('button', { name: 'Anmelden' }).waitFor();
    assert.deepEqual(await speech(page), ['de', 'ltr']);
    await enter(page, 'Ana');
    await page.getByRole('link', { name: 'Posteingang' }).waitFor();
    await page.locator('.row').first().click();
    await page.locator('#reply').fill('noch nicht fertig');
    await page.getByLabel('Sprache').selectOption('ar');
    await eventually(() => speech(page), ['ar', 'rtl']);
    await page.getByRole('link', { name: 'الوارد' }).waitFor();
    assert.equal(await page.locator('#reply').inputValue(), 'noch nicht fertig');
    assert.equal(await page.evaluate(() => document.activeElement?.className), 'language');
    const other = await open(browser, `${DESK_URL}?view=all`, { ...DESK, locale: 'en-GB' });
    assert.deepEqual(await speech(other), ['en', 'ltr']);
    await enter(other, 'Ana');
    await other.getByRole('link', { name: 'الوارد' }).waitFor();
    await other.reload();
    await other.getByRole('link', { name: 'الوارد' }).waitFor();
    await other.getByRole('button', { name: 'تسجيل الخروج' }).click();
    await other.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    assert.deepEqual(await speech(other), ['en', 'ltr']);
    await page.locator('#reply').fill('');
    await page.locator('.language').selectOption('');
    await eventually(() => speech(page), ['de', 'ltr']);
    assert.deepEqual([...page.errors, ...other.errors], []);
    await Promise.all([page, other].map((one) => one.context().close()));
  });

  it('runs from right to left where it is read so: no barrier, nothing sideways, and numbers stay whole', async () => {
    await control('right-to-left');
    const page = await open(browser, `${DESK_URL}?view=all`, { ...PHONE, locale: 'ar-EG' });
    await enter(page, 'Olivia');
    assert.deepEqual(await speech(page), ['ar', 'rtl']);
    await visit(page, async (path) => {
      assert.deepEqual(await barriers(page), [], path);
      for (const width of [320, 390]) {
        await page.setViewportSize({ width, height: 844 });
        assert.equal(await beyond(page), 0, `${path} at ${width}`);
      }
    });
    await page.goto(`${DESK_URL}operations`);
    await page.getByText('آخر ٣٠ يومًا').first().waitFor({ state: 'attached' });
    await page.goto(`${DESK_URL}contacts`);
    await page.locator('#address').fill('+49 170 000');
    await page.locator('#address').press('Enter');
    await page.locator('.state', { hasText: '\u2068+49 170 000\u2069' }).waitFor();
    await page.goto(`${DESK_URL}?view=all`);
    await page.setViewportSize({ width: 1180, height: 800 });
    const box = async (which) => (await page.locator(which).boundingBox()).x;
    assert.ok(await box('.list') > await box('.pane'), 'the list begins where the reading does');
    assert.equal(await page.locator('.row .name').last().evaluate((one) => getComputedStyle(one).textAlign), 'right');
    await page.locator('.row', { hasText: 'Person Number' }).first().click();
    await page.locator('.bubble.theirs').first().waitFor();
    const times = await page.locator('.row time, .bubble time').allTextContents();
    assert.ok(times.length > 0 && times.every((one) => /[٠-٩]/.test(one) && !/[0-9]/.test(one)), times.join(' | '));
    assert.ok(await page.locator('.bubble-body').evaluateAll((all) => all.every((one) => one.dir === 'auto' && getComputedStyle(one).direction === 'ltr')));
    assert.ok(await box('.bubble.theirs >> nth=0') > await box('.bubble.ours >> nth=0'));
    assert.deepEqual(await barriers(page), []);
    await page.context().close();
  });

  it('shows times of the reader’s zone, hours in the tenant’s, and keeps both in UTC', async () => {
    const seen = [];
    for (const timezoneId of ['Asia/Tokyo', 'Europe/Berlin']) {
      const page = await open(browser, `${DESK_URL}?view=all`, { ...DESK, timezoneId, locale: 'en-GB' });
      await enter(page, 'Olivia');
      await page.locator('.row').last().click();
      const time = page.locator('.bubble time').first();
      await time.waitFor();
      seen.push([await time.textContent(), await time.getAttribute('datetime')]);
      const [said, at] = seen.at(-1);
      assert.match(at, /(Z|\+00:00)$/);
      assert.equal(said, new Date(at).toLocaleTimeString('en-GB', { timeZone: timezoneId, hour: 'numeric', minute: '2-digit' }));
      await page.goto(`${DESK_URL}settings`);
      await page.getByRole('heading', { name: 'Business hours (America/New_York)' }).waitFor();
      await page.context().close();
    }
    assert.equal(seen[0][1], seen[1][1]);
    assert.notEqual(seen[0][0], seen[1][0]);
  });
});
