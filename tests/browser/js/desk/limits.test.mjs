// What a channel takes, said before Send; files on their way, and left out.

import { after, before, describe, it } from 'node:test';

import { launch } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, mail, turnTo } from './staff.mjs';

describe('before it is sent', () => {
  let browser, ana;

  before(async () => {
    browser = await launch();
    await control('quiet');
    ana = await comeIn(browser, 'Ana', '?view=all');
  });
  after(() => browser?.close());

  const reply = () => ana.getByLabel('Reply', { exact: true });

  it('the parts of an SMS are counted while it is written, fewer letters to a part where one is of another alphabet', async () => {
    const name = await mail();
    await ana.route(/\/v1\/threads/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.text()).replaceAll('"channel":"email"', '"channel":"sms"') });
    });
    await ana.reload();
    await turnTo(ana, name);
    const said = ana.locator('#reply-limits');
    await reply().fill('a'.repeat(160));
    await said.getByText('1 SMS, 0 characters left in the last').waitFor();
    await reply().fill('a'.repeat(161));
    await said.getByText('2 SMS, 145 characters left in the last').waitFor();
    await reply().fill('ж'.repeat(71));
    await said.getByText('2 SMS, 63 characters left in the last').waitFor();
    await reply().fill('');
    await ana.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('a file that fails can be tried again, and one on its way left out', async () => {
    const upload = /\/(?:storage\/v1|v1\/attachments)/;
    await turnTo(ana, await mail());
    await ana.route(upload, (route) => (route.request().method() === 'GET' ? route.fallback() : route.abort()));
    await ana.locator('input[type=file]').setInputFiles({ name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('a plan') });
    const files = ana.getByRole('list', { name: 'Files' });
    await files.getByRole('button', { name: 'Try again' }).waitFor();
    await ana.unrouteAll({ behavior: 'ignoreErrors' });
    const { promise: held, resolve: release } = Promise.withResolvers();
    await ana.route(upload, async (route) => (await held, route.continue().catch(() => undefined)));
    await files.getByRole('button', { name: 'Try again' }).click();
    await files.getByRole('progressbar', { name: 'plan.txt' }).waitFor();
    await files.getByRole('button', { name: 'Leave plan.txt out' }).click();
    await eventually(() => files.count(), 0);
    release();
    await ana.unrouteAll({ behavior: 'ignoreErrors' });
  });
});
