/** The text of a list file: one address or block a line, `#` begins a remark. Whole or not at all. */
import { parseIpBlock } from '../model/ip-address.ts';
import { type IpSet, IpSetBuilder } from '../model/ip-set.ts';
import { fail, ok, type Result } from '../model/result.ts';

/** Blocks in one file; a thousand lines of IPv4 take 8 KiB. */
const MOST_LINES = 1_000_000;
/** Mistakes that are told; the first few tell what is wrong with a file. */
const MOST_TOLD = 20;

export interface LineProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Reads a text in pieces, so that a long one holds nobody up. */
export class ListReader {
  readonly #text: string;
  readonly #builder = new IpSetBuilder();
  readonly #problems: LineProblem[] = [];
  #at = 0;
  #line = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads on. @returns whether there is more */
  read(lines: number): boolean {
    const last = this.#line + lines;
    while (this.#at < this.#text.length && this.#line < last) {
      let end = this.#text.indexOf('\n', this.#at);
      if (end < 0) end = this.#text.length;
      this.#line++;
      this.#take(this.#text.slice(this.#at, end));
      this.#at = end + 1;
    }
    return this.#at < this.#text.length;
  }

  /** To be asked when `read` has said that there is no more. */
  result(): Result<IpSet, readonly LineProblem[]> {
    return this.#problems.length > 0 ? fail(this.#problems) : ok(this.#builder.build());
  }

  #take(line: string): void {
    const hash = line.indexOf('#');
    const text = (hash < 0 ? line : line.slice(0, hash)).trim();
    if (text === '') return;
    const block = parseIpBlock(text);
    if (block === null) this.#tell(`${JSON.stringify(text.slice(0, 64))} is not a network`);
    else if (this.#builder.count === MOST_LINES) this.#tell(`more than ${MOST_LINES} networks`);
    else this.#builder.add(block);
  }

  #tell(message: string): void {
    if (this.#problems.length < MOST_TOLD) this.#problems.push({ line: this.#line, message });
  }
}

export function readListText(text: string): Result<IpSet, readonly LineProblem[]> {
  const reader = new ListReader(text);
  while (reader.read(MOST_LINES));
  return reader.result();
}
