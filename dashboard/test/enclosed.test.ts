import { describe, expect, it } from 'vitest';

import type { Attachment } from '../src/api/schema.js';
import { chosen, MOST_BYTES, named } from '../src/thread/enclosed.js';

const file = (id: string, changes: Partial<Attachment> = {}): Attachment => ({
  id, filename: `${id}.png`, content_type: 'image/png', size_bytes: 100, sha256: null, inline: true, content_id: id, status: 'released', refused: null, detected_type: 'image/png', ...changes,
});

describe('pictures that came with a mail', () => {
  it('are files of that mail, by the exact name it calls them; of two of a name, the first', () => {
    const files = [file('a', { content_id: 'same' }), file('b', { content_id: 'same' }), file('c', { content_id: null })];
    expect(named(files).get('same')?.id).toBe('a');
    expect(chosen(files, ['same', 'SAME', '__proto__', 'constructor', '']).files.map((one) => one.id)).toEqual(['a']);
  });

  it('are let out, of a type that runs nothing, and not too large, alone or together', () => {
    const types = ['image/svg+xml', 'text/html', 'application/pdf', 'image/tiff', null].map((detected_type, n) => file(`t${n}`, { detected_type }));
    const others = [file('q', { status: 'quarantined' }), file('r', { status: 'refused' }), file('e', { status: 'expired' }), file('big', { size_bytes: MOST_BYTES + 1 })];
    const wanted = [...types, ...others].map((one) => one.id);
    expect(chosen([...types, ...others], wanted)).toEqual({ files: [], waiting: 1, left: 8 });
    const large = ['1', '2', '3', '4'].map((id) => file(id, { size_bytes: MOST_BYTES }));
    expect(chosen(large, ['1', '2', '3', '4'])).toMatchObject({ files: [{ id: '1' }, { id: '2' }, { id: '3' }], left: 1 });
    const many = Array.from({ length: 40 }, (_, n) => file(`m${n}`));
    expect(chosen(many, many.map((one) => one.id))).toMatchObject({ left: 10 });
  });

  it('are asked for once, however often the mail shows them', () => {
    expect(chosen([file('a')], ['a', 'a', 'a']).files).toHaveLength(1);
  });
});
