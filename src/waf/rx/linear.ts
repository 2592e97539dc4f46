/**
 * The engine whose work grows with the value's length alone: re2js, a port of RE2. Its automata
 * grow while they run; all of them together are kept under one roof.
 */
import { RE2JS } from 're2js';

/** For the automata of all patterns of this process, by re2js's own count. */
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;
/** For one pattern's automaton. Beyond it re2js starts it afresh, or goes on without one. */
const MAX_PATTERN_BYTES = 4 * 1024 * 1024;

/** Those with an automaton; the only state that this room keeps, and no answer depends on it. */
const grown = new Set<Linear>();
let totalBytes = 0;

/** What the automata hold, by re2js's own count. */
export const linearBytes = (): number => totalBytes;

export class Linear {
  private readonly engine: RE2JS;
  private bytes = 0;

  /** @throws RE2JSException where re2js has a limit that the pattern is beyond */
  constructor(source: string) {
    this.engine = RE2JS.compile(source);
    this.bound();
  }

  test(value: string): boolean {
    const found = this.engine.test(value);
    const bytes = MAX_PATTERN_BYTES - this.engine.re2().dfa.memBudget;
    if (bytes !== this.bytes) this.count(bytes);
    return found;
  }

  /** @param groups their numbers in the pattern */
  exec(value: string, groups: number): readonly string[] | null {
    const matcher = this.engine.matcher(value);
    if (!matcher.find()) return null;
    const found: string[] = [];
    for (let i = 0; i <= groups; i++) found.push(matcher.group(i) ?? '');
    return found;
  }

  private bound(): void {
    const { dfa } = this.engine.re2();
    dfa.maxMem = dfa.stateBudget = dfa.memBudget = MAX_PATTERN_BYTES;
  }

  private count(bytes: number): void {
    totalBytes += bytes - this.bytes;
    this.bytes = bytes;
    grown.add(this);
    if (totalBytes <= MAX_TOTAL_BYTES) return;
    for (const one of grown) one.forget();
    grown.clear();
    totalBytes = 0;
  }

  private forget(): void {
    this.engine.re2().dfa.clearCache();
    this.engine.reset();
    this.bytes = 0;
  }
}
