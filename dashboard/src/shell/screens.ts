/** Every screen the frame leads to, in its order: a screen is one line here, a route in `routes.tsx`, and its word. */

import { Activity, BookOpen, Contact, Eye, Flag, Inbox, ListTodo, type LucideIcon, Plug, Scale, ScrollText, Send, Settings, ShieldCheck, Users } from 'lucide-react';

import { type Desk, isAdmin } from '../desk.js';

export type Group = 'work' | 'people' | 'moderation' | 'setup';
export const GROUPS: readonly Group[] = ['work', 'people', 'moderation', 'setup'];

export interface Screen {
  name: string;
  path: string;
  group: Group;
  icon: LucideIcon;
  /** Stands in the bar of a phone; all others are behind its last button. */
  isFirst?: boolean;
  /** Absent: everybody on the staff may look. */
  isFor?(desk: Desk): boolean;
}

export const SCREENS: readonly Screen[] = [
  { name: 'inbox', path: '/', group: 'work', icon: Inbox, isFirst: true },
  { name: 'tasks', path: '/tasks', group: 'work', icon: ListTodo, isFirst: true },
  { name: 'deliveries', path: '/deliveries', group: 'work', icon: Send },
  { name: 'operations', path: '/operations', group: 'work', icon: Activity },
  { name: 'contacts', path: '/contacts', group: 'people', icon: Contact, isFirst: true },
  { name: 'viewer', path: '/viewer', group: 'people', icon: Eye, isFor: isAdmin },
  { name: 'reviews', path: '/reviews', group: 'moderation', icon: ShieldCheck, isFirst: true },
  { name: 'policy', path: '/policy', group: 'moderation', icon: Scale },
  { name: 'channels', path: '/channels', group: 'setup', icon: Plug },
  { name: 'knowledge', path: '/knowledge', group: 'setup', icon: BookOpen },
  { name: 'members', path: '/members', group: 'setup', icon: Users },
  { name: 'settings', path: '/settings', group: 'setup', icon: Settings },
  { name: 'audit', path: '/audit', group: 'setup', icon: ScrollText, isFor: isAdmin },
  { name: 'start', path: '/start', group: 'setup', icon: Flag },
];

export const screensFor = (desk: Desk): Screen[] => SCREENS.filter((one) => one.isFor?.(desk) ?? true);

/** The screen an address belongs to: the longest path it begins with. */
export function screenAt(pathname: string): Screen | undefined {
  return SCREENS.find((one) => one.path !== '/' && (pathname === one.path || pathname.startsWith(`${one.path}/`))) ?? (pathname === '/' ? SCREENS[0] : undefined);
}
