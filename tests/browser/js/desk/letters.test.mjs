import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, launch } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, listen, turnTo } from './staff.mjs';

describe('mails as they were laid out', () => {
  let browser, page, asked;

  before(async () => {
    browser = await launch();
    page = await comeIn(browser, 'Ana');
    asked = listen(page);
  });
  after(() => browser?.close());

  it('a letter is text first; laid out it is in a frame, on paper, without pictures until one asks', async () => {
    const { name } = await control('letter');
    await turnTo(page, name);
    assert.match(await page.locator('.bubble-body').first().textContent(), /A kitchen for you/);
    await page.getByRole('button', { name: 'As it was laid out' }).first().click();
    const frame = page.frameLocator('iframe[title="The mail as it was laid out"]');
    await frame.getByRole('heading', { name: 'Our offer' }).waitFor();
    assert.equal(await frame.locator('.box').evaluate((box) => getComputedStyle(box).borderTopWidth), '1px');
    assert.equal(await frame.locator('html').evaluate((html) => getComputedStyle(html).backgroundColor), 'rgb(255, 255, 255)');
    const link = frame.getByRole('link', { name: 'you' });
    assert.deepEqual(await link.evaluate((one) => [one.target, one.rel]), ['_blank', 'noopener noreferrer nofollow']);
    assert.ok((await page.locator('iframe').evaluate((one) => one.offsetHeight)) > 150);
    assert.deepEqual(await barriers(page), []);
    assert.deepEqual(asked.elsewhere(), []);
    await page.route('https://pictures.test/**', (route) => route.fulfill({ contentType: 'image/png', body: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64') }));
    await page.getByRole('button', { name: 'Show pictures' }).click();
    await eventually(async () => asked.elsewhere().length, 1);
    assert.deepEqual(asked.elsewhere(), ['https://pictures.test/kitchen.png']);
    asked.forget();
    await page.getByRole('button', { name: 'As it was laid out' }).first().click();
  });

  it('what strangers hide in a letter does nothing, asks nobody, and changes nothing of the desk', async () => {
    const { vectors } = await control('hostile-letters');
    let seen = 0;
    for (const name of ['Vectors 0', 'Vectors 1']) {
      await turnTo(page, name);
      await eventually(() => page.getByRole('button', { name: 'As it was laid out' }).count(), vectors / 2);
      // Not by a place on the page: what is laid out above pushes the buttons below away under the pointer.
      for (const button of await page.getByRole('button', { name: 'As it was laid out' }).all()) await button.evaluate((one) => one.click());
      await eventually(() => page.locator('iframe').count(), vectors / 2);
      await eventually(() => page.evaluate(() => [...document.querySelectorAll('iframe')].filter((one) => !one.contentDocument?.body?.dataset.shown).length), 0);
      for (const frame of await page.locator('iframe').all()) {
        const found = await frame.evaluate((one) => {
          const all = [...one.contentDocument.body.querySelectorAll('*')];
          return {
            tags: all.map((element) => element.localName).filter((tag) => /script|iframe|object|embed|form|input|button|svg|math|meta|base|link|video|audio|template|textarea/.test(tag)),
            handlers: all.flatMap((element) => element.getAttributeNames()).filter((attribute) => /^on|srcdoc|srcset|formaction|background/.test(attribute)),
            addresses: all.flatMap((element) => [element.getAttribute('href'), element.getAttribute('src')]).filter((address) => address && !/^(?:https?:|mailto:|tel:|data:image)/.test(address)),
            tricks: /[\u200b\u2060\ufeff\u202d\u202e]/.test(one.contentDocument.body.textContent),
          };
        });
        assert.deepEqual(found, { tags: [], handlers: [], addresses: [], tricks: false });
        seen++;
      }
      for (const link of await page.frameLocator('iframe').first().locator('a').all()) assert.equal(await link.getAttribute('target'), '_blank');
    }
    assert.equal(seen, vectors);
    for (const frame of page.frames()) assert.equal(await frame.evaluate(() => globalThis.hacked), undefined);
    assert.deepEqual(asked.elsewhere(), []);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  });

  it('and the browser refused nothing on the desk itself', async () => {
    assert.deepEqual((await control('refused')).lines, []);
    // Inside the frame the browser says what it does not run.
    assert.deepEqual(page.errors.filter((one) => !/mail-frame|base URI/.test(one)), []);
  });
});
