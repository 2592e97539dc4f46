/** A place in a pattern, and what has been seen up to it. */
import type { Node } from './tree.ts';

export interface RxFault {
  /** Offset in the pattern. */
  readonly at: number;
  readonly found: string;
  readonly expected: string;
}

/** Leaves the parser; `parse` makes a value of it. */
export class Unknown extends Error {
  readonly fault: RxFault;
  constructor(fault: RxFault) {
    super(fault.expected);
    this.fault = fault;
  }
}

export interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
}

/** How much of the pattern a fault shows, in bytes. */
const SHOWN_BYTES = 12;

export class Reader {
  readonly source: string;
  at = 0;
  flags: Flags = { i: false, m: false, s: true, x: false };
  /** Capturing groups opened so far. */
  groups = 0;
  readonly names = new Map<string, number>();
  /** Where each back reference stands. */
  readonly references: { readonly at: number; readonly node: Node }[] = [];

  constructor(source: string) {
    this.source = source;
  }

  more(): boolean {
    return this.at < this.source.length;
  }
  sees(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }
  eat(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at += text.length;
    return true;
  }
  /** One byte; the caller knows that there is `more`. */
  take(): string {
    return this.source[this.at++]!;
  }
  rest(bytes: number): string {
    return this.source.slice(this.at, this.at + bytes);
  }
  /** @param pattern sticky */
  peek(pattern: RegExp, at: number): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(this.source);
  }
  /** @param pattern sticky */
  match(pattern: RegExp): RegExpExecArray | null {
    const found = this.peek(pattern, this.at);
    if (found !== null) this.at += found[0].length;
    return found;
  }

  set(flag: string, value: boolean): void {
    this.flags = { ...this.flags, [flag]: value };
  }

  reference(at: number, index: number | undefined): Node {
    if (index === undefined || index < 1 || index > this.groups)
      this.refuse(at, 'a reference to a group opened before it');
    if (this.flags.i) this.refuse(at, 'no back reference under (?i)');
    const node: Node = { kind: 'backreference', index };
    this.references.push({ at, node });
    return node;
  }

  refuse(at: number, expected: string): never {
    const found = this.source.slice(at, at + SHOWN_BYTES);
    throw new Unknown({ at, found: found === '' ? 'the end' : found, expected });
  }
}
