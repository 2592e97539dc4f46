/** Which handler answers which path under /v1/. */
import { StoreError } from '../fleet/store.ts';
import type { Ask } from './ask.ts';
import { CommandPace } from './pace.ts';
import { READERS, readRun } from './reads.ts';
import { problem, type Reply } from './reply.ts';
import { command, RUN_VERBS, reassert } from './writes.ts';

type Handler = (ask: Ask) => Reply | Promise<Reply>;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly handle: Handler;
}

export class V1 {
  readonly #pace = new CommandPace();

  async answer(ask: Ask): Promise<Reply> {
    const route = routeOf(ask.path);
    if (route === null) {
      const detail = `there is no ${ask.path}; /v1/openapi.json lists what there is`;
      return problem(404, 'not-found', detail);
    }
    const method = ask.method === 'HEAD' ? 'GET' : ask.method;
    if (method !== route.method) {
      const allow = route.method === 'GET' ? 'GET, HEAD' : 'POST';
      return problem(405, 'method', `${ask.path} takes ${allow}`, {}, { Allow: allow });
    }
    if (method === 'POST' && !this.#pace.take(performance.now())) {
      const detail = 'more than 20 commands in a second; nothing was changed';
      return problem(429, 'too-many', detail, {}, { 'Retry-After': '1' });
    }
    try {
      return await route.handle(ask);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return problem(503, 'store-down', `${error.message}. Nothing was changed.`, {
        why: error.message,
        unsure: false,
      });
    }
  }
}

function routeOf(path: string): Route | null {
  const reader = Object.hasOwn(READERS, path) ? READERS[path] : undefined;
  if (reader !== undefined) return { method: 'GET', handle: reader };
  if (path === '/v1/commands') return { method: 'POST', handle: (ask) => command(ask, Date.now()) };
  if (path === '/v1/reassert') return { method: 'POST', handle: reassert };
  const [, id, verb] = /^\/v1\/runs\/(r\d{1,12})(?:\/([a-z]+))?$/.exec(path) ?? [];
  if (id === undefined) return null;
  if (verb === undefined) return { method: 'GET', handle: (ask) => readRun(ask, id) };
  const known = RUN_VERBS.find((v) => v === verb);
  if (known === undefined) return null;
  const fixed = { do: known, run: id };
  return { method: 'POST', handle: (ask) => command(ask, Date.now(), fixed) };
}
