/** Calls of the HTTP API: same origin, the session's token, problems as errors. */

import type { Problem } from './schema.js';

export class ApiProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = 'ApiProblem';
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }
}

/** The network is away, or nobody answers: not known whether it was done. */
export class Offline extends Error {}

export type Token = () => Promise<string | null>;
export type Params = Record<string, string | number | boolean | null | undefined>;

const TIMEOUT_MS = 20_000;

export class Api {
  constructor(private readonly token: Token) {}

  get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
    const query = new URLSearchParams(
      Object.entries(params).filter(([, value]) => value != null).map(([name, value]) => [name, String(value)]),
    ).toString();
    return this.call<T>('GET', query ? `${path}?${query}` : path, undefined, signal);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.call<T>('POST', path, body);
  }

  put<T>(path: string, body?: unknown): Promise<T> {
    return this.call<T>('PUT', path, body);
  }

  patch<T>(path: string, body?: unknown): Promise<T> {
    return this.call<T>('PATCH', path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.call<T>('DELETE', path);
  }

  async blob(path: string): Promise<Blob> {
    return (await this.ask('GET', path)).blob();
  }

  private async call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return (await (await this.ask(method, path, body, signal)).json()) as T;
  }

  private async ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const token = await this.token();
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    let answer: Response;
    try {
      answer = await fetch(`/v1${path}`, {
        method,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (thrown) {
      if (signal?.aborted) throw thrown;
      throw new Offline('The server cannot be reached.');
    }
    if (answer.ok) return answer;
    throw new ApiProblem(await problemOf(answer));
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    return (await answer.json()) as Problem;
  } catch {
    // A proxy in between speaks no problem documents.
    return unreadable(answer.status, answer.statusText);
  }
}

export const unreadable = (status: number, title: string): Problem => ({ type: 'about:blank', title, status, detail: `The server answered ${status}.`, code: 'unreadable' });
