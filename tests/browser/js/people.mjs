// Two people in two browsers of their own, at the same conversation. What the world is comes from the environment.

import { open, PHONE } from './browser.mjs';

const { CHAT_URL, CONTROL_URL } = process.env;
const PEOPLE = JSON.parse(process.env.CHAT_PEOPLE);

/** Sign a person in and open the conversation with `other`. */
export async function comeIn(browser, name, other, options = PHONE) {
  const page = await open(browser, CHAT_URL, options);
  const { email, password } = PEOPLE[name];
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: other }).click();
  await page.getByRole('log').waitFor();
  return page;
}

export async function write(page, text) {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** The bodies of the conversation as the page shows them, top to bottom. */
export async function bodies(page) {
  return page.locator('.bubble .body').allTextContents();
}

/** How the newest message of one's own is ticked. */
export async function lastTick(page) {
  return page.locator('.bubble.mine .tick .hidden').last().textContent();
}

/** Wait until `ask` answers what is wanted. */
export async function eventually(ask, wanted, ms = 60_000) {
  const end = Date.now() + ms;
  let said;
  for (;;) {
    said = JSON.stringify(await ask());
    if (said === JSON.stringify(wanted)) return;
    if (Date.now() > end) throw new Error(`after ${ms} ms it is still ${said}, not ${JSON.stringify(wanted)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Ask the world around for something: `restart` ends the server and starts it again; `judge` has a policy in force, until `judge-no-more`. */
export async function control(what) {
  const answer = await fetch(`${CONTROL_URL}/${what}`, { method: 'POST' });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}
