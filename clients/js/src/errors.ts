/** One kind of error for everything that can go wrong, sorted by what the caller can do about it. */

/**
 * - `again`: nothing was decided (no network, the server is busy or away): the same call may be repeated as it is.
 * - `signed_out`: the session is missing or over: sign in, then repeat.
 * - `final`: it was refused and would be again: change what is asked for.
 */
export type ErrorKind = 'again' | 'signed_out' | 'final';

export interface ErrorFacts {
  kind: ErrorKind;
  /** HTTP status; 0 when there was no answer. */
  status: number;
  /** Stable, for programs: `rate_limited`, `not_allowed` … see docs/chat.md. */
  code: string;
  /** The argument at fault, where there is one. */
  field?: string | undefined;
  /** What to do about it, for people. */
  remedy?: string | undefined;
  /** How long the server wants to be left alone. */
  retryAfterMs?: number | undefined;
}

export class ParleyError extends Error {
  readonly kind: ErrorKind;
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly remedy: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, facts: ErrorFacts) {
    super(message);
    this.name = 'ParleyError';
    this.kind = facts.kind;
    this.status = facts.status;
    this.code = facts.code;
    this.field = facts.field;
    this.remedy = facts.remedy;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** What supabase-js puts in `error`: PostgREST's shape, or an exception of fetch, or our own not-found object. */
interface Refusal {
  message?: unknown;
  code?: unknown;
  details?: unknown;
  hint?: unknown;
}

/** Turn what supabase-js answered into a ParleyError. */
export function toError(status: number, refusal: Refusal): ParleyError {
  const message = typeof refusal.message === 'string' && refusal.message ? refusal.message : 'the call failed';
  const facts = detailsOf(refusal.details);
  const seconds = facts['retry_after_s'];
  return new ParleyError(message, {
    kind: kindOf(status),
    status,
    code: text(facts['code']) ?? text(refusal.code) ?? (status ? `http_${status}` : 'no_answer'),
    field: text(facts['field']),
    remedy: text(refusal.hint),
    retryAfterMs: typeof seconds === 'number' ? Math.max(0, seconds * 1000) : undefined,
  });
}

/**
 * An error of whatever was thrown. A fetch that found no network rejects with a TypeError, one that took too long with an
 * AbortError or TimeoutError: those may be repeated, anything else would happen again.
 */
export function asError(thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const { name, message } = thrown instanceof Error ? thrown : { name: '', message: String(thrown) };
  const isLine = name === 'TypeError' || name === 'AbortError' || name === 'TimeoutError';
  return new ParleyError(message, { kind: isLine ? 'again' : 'final', status: 0, code: isLine ? 'no_answer' : 'unexpected' });
}

function kindOf(status: number): ErrorKind {
  if (status === 401) return 'signed_out';
  // No answer, timeouts, too early, too many, and everything that is the server's fault.
  return status === 0 || status === 408 || status === 425 || status === 429 || status >= 500 ? 'again' : 'final';
}

function detailsOf(details: unknown): Record<string, unknown> {
  if (typeof details !== 'string') return {};
  try {
    const value: unknown = JSON.parse(details);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value ? value : undefined;
}
