/**
 * Hostile HTML made harmless. DOMPurify works with the frame's own window: what it parses, and every attribute it leaves,
 * belongs to a page that may run nothing and fetch nothing, and never to the desk.
 */

import createPurifier, { type WindowLike } from 'dompurify';

/** What a letter needs none of: what loads, asks, submits, plays, or stands for another page. */
const FORBIDDEN = [
  'audio', 'base', 'button', 'dialog', 'embed', 'fieldset', 'form', 'frame', 'frameset', 'iframe', 'input', 'link', 'math', 'meta', 'object', 'option',
  'picture', 'portal', 'select', 'slot', 'source', 'svg', 'template', 'textarea', 'track', 'video',
];
const LINKS = /^(?:https?|mailto|tel):/i;
const PICTURES = /^(?:https:|data:image\/(?:png|jpeg|gif|webp);)/i;
const ENCLOSED = /^cid:/i;
const ADDRESS = /url\s*\(|image-set\s*\(/i;
const ADDRESSES = /(?:url|(?:-webkit-)?image-set)\s*\([^)]*\)?/gi;
/** Overrides that make a text read otherwise than it stands (a name that ends in “exe.png”), and what has no width at all. Joiners stay: scripts need them. */
const TRICKS = /[\u200b\u2060\ufeff\u202d\u202e]/g;

export interface Cleaned {
  body: DocumentFragment;
  /** Whether there are pictures of elsewhere, which are not shown unless somebody wants them. */
  hasPictures: boolean;
  /** Pictures that came with the mail, and what it calls them by: they show nothing until somebody gives them their bytes. */
  enclosed: Enclosed[];
}

export interface Enclosed {
  image: Element;
  contentId: string;
}

export function clean(html: string, window: Window, withPictures: boolean): Cleaned {
  const purifier = createPurifier(window as unknown as WindowLike);
  let hasPictures = false;
  const enclosed: Enclosed[] = [];
  purifier.addHook('afterSanitizeAttributes', (element) => {
    const href = element.getAttribute('href');
    if (href !== null && !LINKS.test(href.trim())) element.removeAttribute('href');
    if (element.localName === 'a' && element.hasAttribute('href')) {
      element.setAttribute('target', '_blank');
      element.setAttribute('rel', 'noopener noreferrer nofollow');
      // Where it leads is seen before it is followed, whatever its text says.
      element.setAttribute('title', (element.getAttribute('href') ?? '').replace(TRICKS, ''));
    } else {
      element.removeAttribute('target');
    }
    const src = element.getAttribute('src')?.trim() ?? '';
    if (element.localName === 'img' && ENCLOSED.test(src)) enclosed.push({ image: element, contentId: contentIdOf(src) });
    const isRemote = element.localName === 'img' && /^https:/i.test(src);
    const style = element.getAttribute('style') ?? '';
    if (isRemote || ADDRESS.test(style) || element.hasAttribute('background')) hasPictures = true;
    if (element.localName !== 'img' || !PICTURES.test(src) || (isRemote && !withPictures)) element.removeAttribute('src');
    if (!withPictures) {
      element.removeAttribute('background');
      if (ADDRESS.test(style)) element.setAttribute('style', style.replace(ADDRESSES, 'none'));
    }
  });
  const body = purifier.sanitize(html, {
    RETURN_DOM_FRAGMENT: true, FORBID_TAGS: FORBIDDEN, FORBID_ATTR: ['srcset', 'ping', 'action', 'formaction', 'autofocus', 'contenteditable'],
    ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false, WHOLE_DOCUMENT: false, FORCE_BODY: true, SANITIZE_NAMED_PROPS: true,
  });
  for (const sheet of body.querySelectorAll('style')) {
    const css = sheet.textContent ?? '';
    if (ADDRESS.test(css)) hasPictures = true;
    // The frame's own policy is what holds; this spares it the work, and the reader's console the lines.
    sheet.textContent = css.replace(/@import[^;]*;?/gi, '').replace(withPictures ? /(?!)/g : ADDRESSES, 'none');
  }
  plain(body);
  return { body, hasPictures, enclosed: enclosed.filter((one) => body.contains(one.image)) };
}

/** A `cid:` address is percent-encoded (RFC 2392); what cannot be decoded is taken as it stands. */
function contentIdOf(src: string): string {
  const written = src.replace(ENCLOSED, '');
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

/** What tricks the eye goes from the texts. */
function plain(fragment: DocumentFragment): void {
  const texts = fragment.ownerDocument.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (node.parentElement?.localName !== 'style' && node.nodeValue) node.nodeValue = node.nodeValue.replace(TRICKS, '');
  }
}
