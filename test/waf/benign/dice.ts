/** Chance with a seed: the same seed gives the same requests, on every machine. */

export class Dice {
  #state: number;

  /** @param seed any whole number */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 … 1, 1 itself left out. A linear congruence, its weak low bits mixed with the high ones. */
  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.next() * from.length)]!;
  }

  /** In the order given; none twice. */
  some<T>(from: readonly T[], count: number): readonly T[] {
    const left = from.map((value, index) => ({ value, index, at: this.next() }));
    const chosen = left.sort((a, b) => a.at - b.at).slice(0, count);
    return chosen.sort((a, b) => a.index - b.index).map((c) => c.value);
  }

  /** So many characters of an alphabet. */
  text(length: number, alphabet: string): string {
    let out = '';
    for (let i = 0; i < length; i++) out += alphabet[this.int(0, alphabet.length - 1)]!;
    return out;
  }

  hex(length: number): string {
    return this.text(length, '0123456789abcdef');
  }

  digits(length: number): string {
    return this.text(length, '0123456789');
  }

  base64Url(length: number): string {
    return this.text(length, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
  }

  uuid(): string {
    const tail = `${this.pick(['8', '9', 'a', 'b'])}${this.hex(3)}`;
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-${tail}-${this.hex(12)}`;
  }

  bytes(length: number): Buffer {
    const out = Buffer.alloc(length);
    for (let i = 0; i < length; i++) out[i] = this.int(0, 255);
    return out;
  }

  /** `2026-03-09` */
  date(): string {
    const two = (n: number): string => String(n).padStart(2, '0');
    return `${this.int(1960, 2027)}-${two(this.int(1, 12))}-${two(this.int(1, 28))}`;
  }

  /** `2026-03-09T14:07:31.250Z` */
  moment(): string {
    const two = (n: number): string => String(n).padStart(2, '0');
    const time = `${two(this.int(0, 23))}:${two(this.int(0, 59))}:${two(this.int(0, 59))}`;
    return `${this.date()}T${time}.${this.digits(3)}Z`;
  }
}
