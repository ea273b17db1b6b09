/** What a text costs on a channel, shown before it is sent. */

/** The GSM 7-bit alphabet; the second line counts double. */
const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
const DOUBLE = /[\^{}\\[~\]|€]/g;

/** Parts an SMS is sent in, and how many characters its last part still takes. */
export function smsParts(text: string): { parts: number; left: number } {
  const isPlain = GSM.test(text);
  const length = isPlain ? text.length + (text.match(DOUBLE)?.length ?? 0) : text.length;
  const [single, many] = isPlain ? [160, 153] : [70, 67];
  if (length <= single) return { parts: 1, left: single - length };
  const parts = Math.ceil(length / many);
  return { parts, left: parts * many - length };
}

/** How many characters more than the channel takes; 0 when it fits. Most emojis are two where UTF-16 units count. */
export function tooMany(text: string, most: number | null, isUtf16: boolean): number {
  if (most === null) return 0;
  return Math.max(0, (isUtf16 ? text.length : [...text].length) - most);
}
