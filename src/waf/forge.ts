/**
 * Sources and programs that are already made, by what they are made of: a reload that changes no rule
 * compiles none, and one that does can be prepared in pauses (`programSteps`) before it is published.
 */
import { createHash } from 'node:crypto';
import type { Result } from '../model/result.ts';
import { type CompileFault, compileProgram } from './compile/index.ts';
import { Shared } from './compile/tests.ts';
import type { RuleSource, Step } from './ir.ts';
import type { ProgramSettings } from './policy.ts';
import type { Program } from './program.ts';
import { parseSecLangSteps, type SecFault, type SecFile } from './seclang/index.ts';

/** The texts of one rule set. */
export interface RuleTexts {
  readonly files: readonly SecFile[];
  /** Phrase files by path. */
  readonly data: ReadonlyMap<string, string>;
  /** Of all texts. */
  readonly digest: string;
}

export type CompiledSource = Result<RuleSource, readonly SecFault[]>;
export type CompiledProgram = Result<Program, readonly CompileFault[]>;

/** Programs that are kept; a fleet with more policies compiles on reload again. */
const MAX_KEPT = 64;

export class Forge {
  readonly shared = new Shared();
  readonly #sources = new Map<string, CompiledSource>();
  readonly #programs = new Map<string, CompiledProgram>();

  *sourceSteps(texts: RuleTexts): Generator<undefined, CompiledSource> {
    const known = this.#sources.get(texts.digest);
    if (known !== undefined) return known;
    const made = yield* parseSecLangSteps(
      texts.files,
      (name, from) => texts.data.get(besides(from, name)) ?? null,
    );
    keep(this.#sources, texts.digest, made);
    return made;
  }

  /** @param key of the source: texts' digests and native rules */
  *programSteps(
    key: string,
    source: RuleSource,
    settings: ProgramSettings,
    nowMs: number,
  ): Generator<undefined, CompiledProgram> {
    const whole = `${key} ${digestOf(source, settings, nowMs)}`;
    const known = this.#programs.get(whole);
    if (known !== undefined) return known;
    const made = yield* compileProgram(source, settings, this.shared, nowMs);
    keep(this.#programs, whole, made);
    return made;
  }
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= MAX_KEPT) {
    const [oldest] = map.keys();
    if (oldest !== undefined) map.delete(oldest);
  }
  map.set(key, value);
}

/** Path of a file that is named relative to another. */
function besides(from: string, name: string): string {
  return name.startsWith('/') ? name : `${from.slice(0, from.lastIndexOf('/') + 1)}${name}`;
}

/** Exclusions and rules that are over make another program. */
function digestOf(
  { steps }: RuleSource,
  { presets, exclusions, responseBodies }: ProgramSettings,
  nowMs: number,
): string {
  const live = exclusions.filter((e) => e.expiresAtMs === null || e.expiresAtMs > nowMs);
  const isOver = (step: Step): boolean =>
    step.kind === 'rule' && (step.only?.expiresAtMs ?? Infinity) <= nowMs;
  const what = JSON.stringify([[...presets], live, responseBodies, steps.filter(isOver).length]);
  return createHash('sha256').update(what).digest('hex');
}
