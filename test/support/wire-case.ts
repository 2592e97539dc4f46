/**
 * Cases of test/cases/wire.yaml: bytes in, and what may come out. `judgeCase` says what is wrong with
 * an outcome; the runner (wire-runner.ts) makes the outcome.
 */
import type { Answered } from './answers.ts';

/** What a client or an origin does: bytes (one character is one byte), or something with them. */
export type Step =
  | string
  | { readonly repeat: string; readonly times: number }
  /** `{i}` becomes 0 … times-1. */
  | { readonly series: string; readonly times: number }
  /** Milliseconds, so that bytes arrive apart; what comes out must not depend on it. */
  | { readonly pause: number }
  | { readonly fin: true }
  | { readonly reset: true };

/** One acceptable outcome; every key that is given must hold. */
export interface Alternative {
  /** Of the first final answer: a number, `4xx`, or `none`. */
  readonly status?: number | string | readonly (number | string)[];
  /** The gate ends the connection of its own accord, or keeps it. */
  readonly close?: boolean;
  /** Whole requests the origin may see, or [least, most]. */
  readonly origin?: number | readonly [number, number];
  readonly fwd?: readonly string[];
  readonly fwd_not?: readonly string[];
  readonly fwd_body?: string;
  readonly cli?: readonly string[];
  readonly cli_not?: readonly string[];
  readonly body?: string;
  readonly complete?: boolean;
  readonly responses?: number;
  readonly interim?: readonly number[];
}

export interface OriginScript {
  readonly send?: Step | readonly Step[];
  readonly when?: 'full' | 'head';
  readonly after?: 'keep' | 'close' | 'reset';
  readonly echo_tunnel?: boolean;
}

export interface WireCase {
  readonly name: string;
  readonly level: 'MUST' | 'SHOULD' | 'POLICY';
  readonly rfc: string;
  readonly method?: string | readonly string[];
  readonly send: Step | readonly Step[];
  readonly origin?: OriginScript;
  readonly accept: readonly Alternative[];
  readonly weak?: readonly Alternative[];
  /** A later request, on a connection of its own. */
  readonly follow?: {
    readonly send: string;
    readonly origin?: OriginScript;
    readonly accept: Alternative;
  };
}

/** What happened. */
export interface Outcome {
  /** All bytes the client got. */
  readonly received: string;
  readonly answers: readonly Answered[];
  readonly interim: readonly number[];
  /** The gate ended the connection before the client did. */
  readonly closed: boolean;
  /** Whole requests at the origin. */
  readonly requests: readonly { readonly head: string; readonly body: string }[];
  /** Heads of requests that never became whole. */
  readonly begun: readonly string[];
}

export const stepsOf = (send: Step | readonly Step[] | undefined): readonly Step[] =>
  send === undefined ? [] : isList(send) ? send : [send];
const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

/** Bytes of a step, null when it is none. */
export function bytesOf(step: Step): string | null {
  if (typeof step === 'string') return step;
  if ('repeat' in step) return step.repeat.repeat(step.times);
  if (!('series' in step)) return null;
  let text = '';
  for (let i = 0; i < step.times; i++) text += step.series.replaceAll('{i}', String(i));
  return text;
}

/** @returns what keeps this alternative from matching; empty when it matches. */
export function mismatches(want: Alternative, got: Outcome): string[] {
  const first = got.answers[0];
  const heads = [...got.requests.map((r) => r.head), ...got.begun].join('\n');
  const wrong: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(what);
  };
  if (want.status !== undefined)
    must(
      listOf(want.status).some((s) => isStatus(s, first?.status)),
      `status ${first?.status ?? 'none'}`,
    );
  if (want.close !== undefined)
    must(want.close === got.closed, got.closed ? 'closed' : 'left open');
  if (want.origin !== undefined) {
    const [least, most] =
      typeof want.origin === 'number' ? [want.origin, want.origin] : want.origin;
    const seen = got.requests.length;
    must(seen >= least && seen <= most, `the origin saw ${seen} requests`);
  }
  if (want.fwd_body !== undefined)
    must(got.requests[0]?.body === want.fwd_body, `body ${quote(got.requests[0]?.body)} went on`);
  if (want.body !== undefined)
    must(first?.body === want.body, `body ${quote(first?.body)} came back`);
  if (want.complete !== undefined)
    must((first?.complete ?? false) === want.complete, `complete: ${first?.complete ?? false}`);
  if (want.responses !== undefined)
    must(got.answers.length === want.responses, `${got.answers.length} answers`);
  if (want.interim !== undefined)
    must(String(want.interim) === String(got.interim), `interim ${String(got.interim)}`);
  for (const re of want.fwd ?? []) must(regexp(re).test(heads), `/${re}/ did not go on`);
  for (const re of want.fwd_not ?? []) must(!regexp(re).test(heads), `/${re}/ went on`);
  for (const re of want.cli ?? []) must(regexp(re).test(got.received), `no /${re}/ came back`);
  for (const re of want.cli_not ?? []) must(!regexp(re).test(got.received), `/${re}/ came back`);
  return wrong;
}

/** @returns null when some alternative matches, else why each does not */
export function judgeCase(accept: readonly Alternative[], got: Outcome): string | null {
  const why = accept.map((a) => mismatches(a, got));
  return why.some((w) => w.length === 0) ? null : why.map((w) => w.join('; ')).join(' | ');
}

const listOf = <T extends string | number>(value: T | readonly T[]): readonly T[] =>
  typeof value === 'object' ? value : [value];
const isStatus = (want: number | string, got: number | undefined): boolean =>
  want === (got ?? 'none') ||
  (/^\dxx$/.test(String(want)) && String(got).startsWith(String(want)[0]!));
const regexp = (source: string): RegExp => new RegExp(source, 'm');
const quote = (text: string | undefined): string => JSON.stringify(text?.slice(0, 60) ?? null);
