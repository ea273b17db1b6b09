// Pictures of the chat for the docs: `node js/screenshots.mjs FOLDER`, in the world the tests make.

import { DESK, launch, PHONE } from './browser.mjs';
import { bodies, comeIn, eventually, write } from './people.mjs';

const folder = process.argv[2];
const TALK = [
  ['ann', 'Hi Ben! Can you start tomorrow?'],
  ['ben', 'Great! What time suits you?'],
  ['ann', '8 AM works? I am in until noon.'],
  ['ben', '8 it is. Could you send me a picture of the valve under the sink?'],
];

const browser = await launch();
const ann = await comeIn(browser, 'Ann', 'Ben Builder', PHONE);
const ben = await comeIn(browser, 'Ben', 'Ann Asker', DESK);
const pages = { ann, ben };
for (const [who, text] of TALK) {
  await write(pages[who], text);
  await eventually(async () => (await bodies(who === 'ann' ? ben : ann)).at(-1), text);
}
const agreed = ben.locator('.bubble').nth(2);
await agreed.getByLabel('What to do with this message').click();
await agreed.getByLabel('React with ❤️').click();
await ann.getByRole('button', { name: '❤️, 1' }).waitFor();
await ann.locator('input[type=file]').setInputFiles({ name: 'valve.png', mimeType: 'image/png', buffer: await picture(ann) });
await write(ann, 'Here it is.');
await ben.locator('.bubble img').waitFor();
await ben.getByLabel('Message', { exact: true }).pressSequentially('Thanks');
await ann.getByText('is writing').waitFor({ state: 'attached' });
for (const [name, page] of [['phone', ann], ['desk', ben]]) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${folder}/chat-${name}-${colorScheme}.png` });
  }
}
await ann.emulateMedia({ colorScheme: 'light' });
await ann.getByLabel('Back to the list').click();
await ann.getByRole('heading', { name: 'Messages' }).waitFor();
await ann.screenshot({ path: `${folder}/chat-list-light.png` });
await browser.close();

/** A drawing, made by the browser that is here anyway. */
async function picture(page) {
  const url = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 400 });
    const pen = canvas.getContext('2d');
    const ground = pen.createLinearGradient(0, 0, 0, 400);
    ground.addColorStop(0, '#8fa3ad');
    ground.addColorStop(1, '#55656d');
    pen.fillStyle = ground;
    pen.fillRect(0, 0, 640, 400);
    pen.fillStyle = '#c79a3b';
    pen.fillRect(0, 180, 640, 70);
    pen.fillRect(280, 110, 80, 200);
    pen.beginPath();
    pen.ellipse(320, 100, 110, 26, 0, 0, 7);
    pen.fillStyle = '#b3392d';
    pen.fill();
    return canvas.toDataURL('image/png');
  });
  return Buffer.from(url.split(',')[1], 'base64');
}
