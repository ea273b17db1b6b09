// What the desk lays over its screens, and what of a page is not in the catalogue of words.

/**
 * What a page says that no catalogue does, in the language nobody speaks: texts and labels that stand outside of its brackets.
 * What is data says so: it is isolated (`bdi`, `dir=auto`), code, or not to be translated.
 */
export const unspoken = (page) => page.evaluate(() => {
  const DATA = 'bdi, [dir=auto], [translate=no], code, kbd, textarea, script, style, noscript';
  const SPOKEN = ['aria-label', 'title', 'placeholder', 'alt', 'aria-description', 'aria-roledescription', 'aria-valuetext'];
  const bare = (text) => {
    let rest = text.replace(/\u2068[^\u2068\u2069]*\u2069/g, '');
    while (/⟦[^⟦⟧]*⟧/.test(rest)) rest = rest.replace(/⟦[^⟦⟧]*⟧/g, '');
    return /\p{L}/u.test(rest) ? rest.trim() : '';
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
  for (let node = document.body; node; node = texts.nextNode()) {
    if (node.closest(DATA)) continue;
    // One message may be in several text nodes of an element, never in several elements.
    const own = [...node.childNodes].filter((one) => one.nodeType === Node.TEXT_NODE).map((one) => one.data).join('');
    if (bare(own)) found.push(`<${node.localName}> ${bare(own)}`);
    for (const name of SPOKEN) {
      const value = node.getAttribute(name);
      if (value && !value.includes('@') && bare(value)) found.push(`${name}: ${bare(value)}`);
    }
  }
  return found;
});

export const OVERLAYS = 'dialog[open], [role=dialog], [role=alertdialog], [role=menu], [role=listbox], [popover]:popover-open';
const SOON_FRAMES = 8;

/** From now on nothing this page asks for is done: what its buttons open can be looked at without what they do. */
export const hold = (page) => page.route('**/v1/**', (route) => (route.request().method() === 'GET' ? route.fallback() : route.fulfill({
  status: 409, contentType: 'application/problem+json',
  body: JSON.stringify({ type: 'about:blank', title: 'Held', status: 409, detail: '⟦Held⟧', code: 'held' }),
})));

/**
 * Press every button of the screen once, by name, and call `see(name)` for each overlay that opens. It must have the focus, keep
 * it, and give it back when Escape is pressed. Answers with the names of those that opened something.
 */
export async function overlays(page, see, within = 'main') {
  const opened = [];
  const pressed = new Set();
  const overlay = page.locator(OVERLAYS).first();
  let last = null;
  // What had to be fetched first may come after its time was up: it is sent away, and its button pressed once more.
  const tooLate = async () => {
    pressed.delete(last);
    await page.keyboard.press('Escape');
  };
  for (;;) {
    const name = await page.evaluate(({ known, root }) => {
      const nameOf = (one) => one.getAttribute('aria-label') ?? one.textContent;
      const isThere = (one) => one.checkVisibility() && !one.disabled && one.type !== 'submit' && !one.closest('.row, .views, dialog, tbody tr:nth-child(n+2)');
      for (const old of document.querySelectorAll('[data-pressed]')) delete old.dataset.pressed;
      const next = [...document.querySelectorAll(`${root} button`)].find((one) => isThere(one) && !known.includes(nameOf(one)));
      if (next) next.dataset.pressed = '';
      return next ? nameOf(next) : null;
    }, { known: [...pressed], root: within });
    if (name === null) return opened;
    pressed.add(name);
    const address = page.url();
    await page.addLocatorHandler(overlay, tooLate);
    await page.locator('[data-pressed]').click();
    await page.removeLocatorHandler(overlay);
    last = name;
    if (await opens(page)) {
      opened.push(name);
      await see(name);
      if (!(await overlay.isVisible())) throw new Error(`${name}: it went away by itself`);
      await holdsTheFocus(page, name);
      await page.keyboard.press('Escape');
      await overlay.waitFor({ state: 'detached' });
      const isBack = await page.evaluate(() => document.activeElement?.hasAttribute('data-pressed'));
      if (!isBack) throw new Error(`${name}: the focus did not come back, it is at ${await focused(page)}`);
    }
    if (page.url() !== address) await page.goBack();
  }
}

/** Whether an overlay has come when the page has had nothing to do for a while: counted in its frames, which last as long as the machine makes them. */
const opens = (page) => page.evaluate(async ([which, frames]) => {
  const isThere = () => [...document.querySelectorAll(which)].some((one) => one.checkVisibility());
  for (let n = 0; n < frames && !isThere(); n++) await new Promise((go) => requestIdleCallback(() => requestAnimationFrame(go)));
  return isThere();
}, [OVERLAYS, SOON_FRAMES]);

/** Where the focus is, in a word or two. */
export const focused = (page) => page.evaluate(() => {
  const at = document.activeElement;
  return at === document.body ? 'nothing' : `${at?.localName} ${at?.getAttribute('aria-label') ?? at?.textContent?.slice(0, 40)}`;
});

async function holdsTheFocus(page, name) {
  for (const key of [null, 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab']) {
    if (key) await page.keyboard.press(key);
    const isInside = await page.evaluate((which) => document.activeElement === document.body || !!document.activeElement?.closest(which), OVERLAYS);
    if (!isInside) throw new Error(`${name}: ${key ?? 'opening it'} leaves the focus outside, at ${await focused(page)}`);
  }
}
