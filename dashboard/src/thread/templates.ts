/** Templates as values: what each asks for, how it reads once it is filled, and how a send names it. */

import type { ChannelTemplate, Template } from '../api/schema.js';

export interface Field {
  id: string;
  part: 'header' | 'body' | 'button';
  /** Number from 1, or name. */
  place: string;
  /** Whether it may be left out. */
  isOptional: boolean;
}

type Values = Readonly<Record<string, string>>;

const PLACE = /\{\{\s*(\w+)\s*\}\}/g;
const MEDIA = new Set(['image', 'video', 'document']);

const placesOf = (given: unknown): string[] => (Array.isArray(given) ? given.map(String) : Array.from({ length: Number(given) || 0 }, (_, n) => String(n + 1)));

interface Component {
  type?: string;
  format?: string;
  text?: string;
}

const components = (template: ChannelTemplate): Component[] => template.components as Component[];

const partOf = (template: ChannelTemplate, type: string): Component | undefined => components(template).find((one) => String(one.type).toUpperCase() === type);

interface Shape {
  body?: unknown;
  header?: { kind?: string; places?: unknown } | null;
  buttons?: Record<string, string>;
  unsupported?: string | null;
}

const shapeOf = (template: ChannelTemplate): Shape => template.shape as Shape;

/** What can be sent from here: approved, and nothing in it that we cannot fill. */
export const isUsable = (template: ChannelTemplate): boolean => template.status === 'approved' && !shapeOf(template).unsupported;

/** The picture, video or document above the text, where there is one. */
export function mediaOf(template: ChannelTemplate): string | null {
  const kind = shapeOf(template).header?.kind;
  return kind && MEDIA.has(kind) ? kind : null;
}

export function fieldsOf(template: ChannelTemplate): Field[] {
  const { header, body, buttons } = shapeOf(template);
  return [
    ...placesOf(header?.places).map((place): Field => ({ id: `header:${place}`, part: 'header', place, isOptional: false })),
    ...placesOf(body).map((place): Field => ({ id: `body:${place}`, part: 'body', place, isOptional: false })),
    ...Object.entries(buttons ?? {}).map(([place, kind]): Field => ({ id: `button:${place}`, part: 'button', place, isOptional: kind === 'quick_reply' })),
  ];
}

/** As its reader will see it; a place that is not filled stays as it is written. */
export function preview(template: ChannelTemplate, values: Values): string {
  const filled = (part: 'header' | 'body', text: string | undefined) => text?.replace(PLACE, (as, place: string) => values[`${part}:${place}`] || as);
  return [filled('header', partOf(template, 'HEADER')?.text), filled('body', partOf(template, 'BODY')?.text), partOf(template, 'FOOTER')?.text].filter(Boolean).join('\n\n');
}

export function asSent(template: ChannelTemplate, values: Values, link: string): Template {
  const { header, body, buttons } = shapeOf(template);
  const given = (part: 'header' | 'body', places: unknown): string[] | Record<string, string> => {
    const named = placesOf(places).map((place): [string, string] => [place, values[`${part}:${place}`] ?? '']);
    return Array.isArray(places) ? Object.fromEntries(named) : named.map(([, value]) => value);
  };
  return {
    name: template.name,
    language: template.language,
    variables: given('body', body),
    header: given('header', header?.places),
    buttons: Object.fromEntries(Object.keys(buttons ?? {}).map((place) => [place, values[`button:${place}`] ?? '']).filter(([, value]) => value)),
    ...(link && { header_link: link }),
  };
}
