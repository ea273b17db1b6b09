// Two of a tenant's staff, each in a browser of his own. What the world is comes from the environment.

import { DESK, open } from '../browser.mjs';
import { control, eventually } from '../people.mjs';

const { DESK_URL } = process.env;
const STAFF = JSON.parse(process.env.DESK_STAFF);

export async function signIn(page, name) {
  await page.getByLabel('E-mail').fill(STAFF[name].email);
  await page.getByLabel('Password').fill(STAFF[name].password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByTestId('list').waitFor();
}

/** Sign in without reading a word of the page, in whatever language it is. */
export async function enter(page, name) {
  await page.locator('input[type=email]').fill(STAFF[name].email);
  await page.locator('input[type=password]').fill(STAFF[name].password);
  await page.locator('form button[type=submit]').click();
  await page.locator('.row').first().waitFor();
}

/** Sign one of the staff in at an address of the desk. */
export async function comeIn(browser, name, at = '', options = DESK) {
  const page = await open(browser, `${DESK_URL}${at}`, options);
  await signIn(page, name);
  return page;
}

/** From now on what a page asks for is noted: all of it in `all()`, and what went to another machine than this one in `elsewhere()`. */
export function listen(page) {
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  return {
    all: () => asked,
    elsewhere: () => asked.filter((url) => !/^(?:data|blob):/.test(url) && !/127\.0\.0\.1|localhost/.test(url)),
    forget: () => (asked.length = 0),
  };
}

/** A person nobody knows writes a mail; answers with his name. */
export async function mail() {
  return (await control('mail')).name;
}

/** The same person writes again, in the same conversation. */
export async function mailAgain() {
  return (await control('mail-again')).name;
}

export const rows = (page) => page.locator('.row .name').allTextContents();

export const texts = (page) => page.locator('.bubble-body').allTextContents();

/** Open the conversation with a person, from the list. */
export async function turnTo(page, name) {
  await eventually(async () => (await rows(page)).includes(name) || ((await bringUp(page)), false), true);
  // The name alone: beside it stands a time, and "Number 1" at 11:57 is no "Number 11".
  await page.locator('.row').filter({ has: page.locator('.name').getByText(name, { exact: true }) }).click();
  await page.getByRole('heading', { name, level: 2 }).waitFor();
}

/** Go to a screen by its name; on a phone most are behind the last button of the bar. */
export async function goTo(page, title) {
  const link = page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: title });
  if (await link.count() === 0) await page.getByRole('button', { name: 'More' }).click();
  await link.click();
}

/** Take the new order, where one is offered. */
export async function bringUp(page) {
  const offer = page.locator('button.arrivals');
  // It may be taken between the look and the press: the list settles by itself where nobody reads.
  if (await offer.isVisible()) await offer.click({ timeout: 1_000 }).catch(() => undefined);
}

export async function reply(page, text) {
  await page.getByLabel('Reply', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}
