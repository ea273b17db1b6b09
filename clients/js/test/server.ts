/**
 * A loopback server that answers the calls of docs/chat.md the way the database does, and can be told to fail: drop the
 * request, do the work and lose the answer, be busy, be slow. It speaks HTTP, so the real supabase-js is what talks to it.
 */

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Message, Moderation, ModerationStatus, Page } from '../src/index.js';

/** What becomes of one request: `lost` does the work and breaks the line, `dropped` does nothing and breaks it. */
export type Fate = 'ok' | 'lost' | 'dropped' | 'busy' | 'limited' | 'refused' | 'signed_out';

export const ME = '00000000-0000-4000-8000-000000000001';
export const OTHER = '00000000-0000-4000-8000-000000000002';

interface Thread {
  messages: Message[];
  rev: number;
  reads: Map<string, number>;
  delivered: Map<string, number>;
}

type Arguments = Record<string, unknown>;

export class ChatServer {
  readonly threads = new Map<string, Thread>();
  /** Chooses what becomes of a call. */
  fate: (rpc: string) => Fate = () => 'ok';
  readonly calls: { rpc: string; args: Arguments }[] = [];
  pollMs = 3_000;
  /** What browsers subscribe with, and those that registered. */
  pushKey = 'BKey';
  readonly browsers = new Set<string>();
  /** Whether what is sent waits to be judged. */
  isModerated = false;
  private readonly verdicts = new Map<string, Moderation>();
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  thread(id: string): Thread {
    let found = this.threads.get(id);
    if (!found) {
      found = { messages: [], rev: 0, reads: new Map(), delivered: new Map() };
      this.threads.set(id, found);
    }
    return found;
  }

  /** Somebody else writes. */
  write(threadId: string, body: string, sender = OTHER): Message {
    return this.insert(threadId, sender, { p_body: body, p_client_message_id: randomUUID() });
  }

  /** Somebody else changes what he wrote. */
  change(threadId: string, seq: number, body: string): void {
    const thread = this.thread(threadId);
    const message = thread.messages.find((m) => m.seq === seq);
    if (!message) throw new Error(`no message ${seq}`);
    message.body = body;
    message.rev = ++thread.rev;
  }

  /** A message of the user's was judged; `body` is what the others see. */
  judge(threadId: string, seq: number, status: ModerationStatus, comment?: string, body?: string): void {
    const thread = this.thread(threadId);
    const message = thread.messages.find((m) => m.seq === seq);
    if (!message) throw new Error(`no message ${seq}`);
    const comments = comment ? [{ kind: 'phone', comment }] : [];
    const original = body === undefined ? null : { subject: null, body: message.body };
    if (body !== undefined) message.body = body;
    message.moderation_status = status;
    message.rev = ++thread.rev;
    this.verdicts.set(message.id, {
      message_id: message.id, moderation_status: status, body: message.body, original, kinds: ['phone'], comments,
    });
  }

  private insert(threadId: string, sender: string, args: Arguments): Message {
    const thread = this.thread(threadId);
    const clientId = String(args['p_client_message_id']);
    const known = thread.messages.find((m) => m.client_message_id === clientId && m.sender_user_id === sender);
    if (known) return known;
    const message: Message = {
      id: randomUUID(), thread_id: threadId, seq: thread.messages.length + 1, rev: ++thread.rev, message_type: 'text',
      sender_kind: 'participant', sender_user_id: sender, sender_contact_id: null, body: String(args['p_body']),
      client_message_id: clientId, reply_to: null, context_kind: null, context_id: null, reactions: null, metadata: {},
      attachments: [], created_at: new Date().toISOString(), edited_at: null, deleted_at: null,
      moderation_status: sender !== ME ? null : this.isModerated ? 'pending' : 'approved',
    };
    thread.messages.push(message);
    return message;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const rpc = (request.url ?? '').split('/rpc/')[1] ?? '';
    const args = (text ? JSON.parse(text) : {}) as Arguments;
    this.calls.push({ rpc, args });
    const fate = this.fate(rpc);
    if (fate === 'dropped') {
      request.socket.destroy();
      return;
    }
    const refusals: Partial<Record<Fate, [number, object]>> = {
      busy: [503, { code: 'PGRST000', message: 'the database is away', details: null, hint: null }],
      limited: [429, { code: 'PT429', message: 'too many messages', hint: 'wait', details: '{"code":"rate_limited","retry_after_s":0.05}' }],
      refused: [422, { code: 'PT422', message: 'too long', hint: 'write less', details: '{"code":"bad_length","field":"body"}' }],
      signed_out: [401, { code: 'PGRST301', message: 'JWT expired', details: null, hint: null }],
    };
    const refusal = refusals[fate];
    const [status, body] = refusal ?? this.work(rpc, args);
    if (fate === 'lost') {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  private work(rpc: string, args: Arguments): [number, unknown] {
    const id = String(args['p_thread_id']);
    if (id === 'gone') return [404, { code: 'not_found', message: 'no such conversation', hint: null }];
    switch (rpc) {
      case 'send_message': {
        const m = this.insert(id, ME, args);
        return [200, { message_id: m.id, thread_id: id, seq: m.seq, rev: m.rev, created_at: m.created_at, delivery_status: 'sent', duplicate: false, moderation_status: m.moderation_status }];
      }
      case 'my_message_moderation': {
        const found = this.verdicts.get(String(args['p_message_id']));
        return found ? [200, found] : [404, { code: 'not_found', message: 'no such message', hint: null }];
      }
      case 'poll_messages':
        return [200, this.page(id, args)];
      case 'mark_read':
      case 'mark_delivered': {
        const seq = Number(args['p_seq']);
        this.thread(id)[rpc === 'mark_read' ? 'reads' : 'delivered'].set(ME, seq);
        return [200, { thread_id: id, last_read_seq: this.thread(id).reads.get(ME) ?? 0, last_delivered_seq: seq, unread_count: 0 }];
      }
      case 'list_conversations':
        return [200, { items: [], next_cursor: null, unread_total: 0, conversations: 0, next_poll_ms: this.pollMs }];
      case 'push_key':
        return [200, { public_key: this.pushKey }];
      case 'register_push':
        this.browsers.add(String(args['p_endpoint']));
        return [200, { contact_id: OTHER, registered: true }];
      case 'forget_push':
        return [200, { forgotten: Number(this.browsers.delete(String(args['p_endpoint']))) }];
      case 'register_device':
      case 'forget_device':
        return [200, {}];
      default:
        return [404, { code: 'PGRST202', message: `no function ${rpc}`, details: null, hint: null }];
    }
  }

  private page(id: string, args: Arguments): Page {
    const thread = this.thread(id);
    const limit = Number(args['p_limit'] ?? 50);
    const before = args['p_before_seq'];
    const since = Number(args['p_since'] ?? 0);
    const found = before === undefined
      ? thread.messages.filter((m) => m.rev > since).sort((a, b) => a.rev - b.rev)
      : thread.messages.filter((m) => m.seq < Number(before)).sort((a, b) => b.seq - a.seq);
    const messages = found.slice(0, limit).map((m) => (m.sender_user_id === ME ? m : { ...m, client_message_id: null }));
    const last = messages.at(-1);
    return {
      thread_id: id, messages, has_more: found.length > limit, last_seq: thread.messages.length, last_rev: thread.rev,
      next_since: before === undefined && found.length > limit && last ? last.rev : Math.max(since, thread.rev),
      unread_count: 0, next_poll_ms: this.pollMs,
      receipts: [{
        user_id: OTHER, contact_id: null, last_delivered_seq: thread.delivered.get(OTHER) ?? 0,
        last_read_seq: thread.reads.get(OTHER) ?? 0, last_read_at: null,
      }],
    };
  }
}
