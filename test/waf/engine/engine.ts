/** The engine itself, told in the words of the naive one. */
import { BODY_LIMITS, bodyKindOf, readBody } from '../../../src/waf/body/index.ts';
import { compileProgram } from '../../../src/waf/compile/index.ts';
import { Shared } from '../../../src/waf/compile/tests.ts';
import type { Outcome } from '../../../src/waf/engine/hit.ts';
import type { RequestInput } from '../../../src/waf/engine/input.ts';
import { headerOf } from '../../../src/waf/engine/members.ts';
import { Transaction } from '../../../src/waf/engine/transaction.ts';
import type { Step } from '../../../src/waf/ir.ts';
import type { PolicyExclusion, ProgramSettings } from '../../../src/waf/policy.ts';
import type { Program } from '../../../src/waf/program.ts';
import type { Told } from './naive.ts';

/** As of a process: patterns are shared by all its programs. */
const shared = new Shared();

/** @throws with the mistakes */
export function programOf(
  steps: readonly Step[],
  presets: ReadonlyMap<string, string> = new Map(),
  exclusions: readonly PolicyExclusion[] = [],
): Program {
  const settings: ProgramSettings = { presets, exclusions, responseBodies: true };
  const compiling = compileProgram({ steps, signature: null }, settings, shared, 0);
  for (;;) {
    const { done, value } = compiling.next();
    if (done !== true) continue;
    if (value.ok) return value.value;
    throw new Error(value.error.map((f) => `${f.message}: ${f.found}`).join('\n'));
  }
}

export function inputOf(parts: Partial<RequestInput> = {}): RequestInput {
  const { path = '/', query = '' } = parts;
  return {
    ...{ method: 'POST', target: query === '' ? path : `${path}?${query}`, path, query },
    ...{ protocol: 'HTTP/1.1', headers: [['Content-Type', 'application/x-www-form-urlencoded']] },
    ...{ remote: '192.0.2.1', requestId: '1', app: 'shop', zone: 'RZ01', uid: '', country: '' },
    ...{ dice: 0.5, receivedAtMs: 1000 },
    ...parts,
  };
}

/** @param resumed phase 2 by another thread, from what phase 1 has left */
export function judged(
  program: Program,
  request: RequestInput,
  body: string,
  enforces: boolean,
  resumed = false,
): Told {
  const type = bodyKindOf(headerOf(request.headers, 'content-type') ?? undefined);
  let transaction = new Transaction(program, request);
  transaction.variables.processor = type.kind === 'none' ? '' : type.kind.toUpperCase();
  const outcomes = [nameOf(transaction.run(1, enforces), transaction)];
  if (outcomes[0] === 'pass' || !enforces) {
    if (resumed) {
      const state = structuredClone(transaction.save());
      transaction = new Transaction(program, request);
      transaction.restore(state);
    }
    const kind = transaction.variables.processor.toLowerCase();
    const reading = readBody(
      kind === 'urlencoded' || kind === 'json' || kind === 'xml' || kind === 'multipart'
        ? kind
        : 'none',
      body,
      type,
      BODY_LIMITS,
      false,
    );
    transaction.bodyRead({ reading, bytes: body, truncated: false });
    outcomes.push(nameOf(transaction.run(2, enforces), transaction));
  }
  const { hits, labels, engine } = transaction;
  return {
    hits: hits.map(({ id, target, value, msg, data }) => ({ id, target, value, msg, data })),
    tx: txOf(transaction),
    labels,
    engine,
    outcomes,
  };
}

function nameOf(outcome: Outcome, { stop }: Transaction): string {
  if (stop !== null) return `${stop.kind} ${stop.rule}`;
  if (outcome.kind === 'allow') return `allow ${outcome.scope}`;
  return outcome.kind;
}

export function txOf(transaction: Transaction): [string, string][] {
  const { nameOfSlot } = transaction.program;
  const { slots, named } = transaction.tx.save();
  const set = [
    ...slots.map((value, slot) => [nameOfSlot[slot]!, value] as const),
    ...named,
  ].flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]]));
  return set.sort(([a], [b]) => (a < b ? -1 : 1));
}
