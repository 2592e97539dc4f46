/**
 * multipart/form-data (RFC 7578). Where readers are known to differ, the body is read in the way that shows
 * rules the most, and gets a fault. Every part's head is shown.
 */
import { lowerAscii } from './bytes.ts';
import { agreesWithAscii, type ContentType, isBoundary } from './content-type.ts';
import { contentEnd, lookAlikeAt, nextDelimiter } from './delimiter.ts';
import type { Gather } from './gather.ts';
import { readPartHead } from './part-head.ts';
import type { BodyFile, MultipartFlags, Named } from './reading.ts';

type Seen = { -readonly [K in keyof MultipartFlags]: boolean };

export interface MultipartReading {
  readonly files: readonly BodyFile[];
  readonly partHeaders: readonly Named[];
  readonly flags: MultipartFlags;
}

export function readMultipart(text: string, type: ContentType, gather: Gather): MultipartReading {
  return new MultipartReader(text, type, gather).read();
}

class MultipartReader {
  private readonly text: string;
  private readonly type: ContentType;
  private readonly gather: Gather;
  private readonly files: BodyFile[] = [];
  private readonly partHeaders: Named[] = [];
  private readonly seen: Seen;
  /** The boundary without leading dashes, in lower case. */
  private readonly core: string;

  constructor(text: string, type: ContentType, gather: Gather) {
    this.text = text;
    this.type = type;
    this.gather = gather;
    this.core = coreOf(type.boundary ?? '');
    this.seen = {
      strictError: false,
      unmatchedBoundary: false,
      boundaryQuoted: type.boundaryQuoted,
      boundaryWhitespace: type.boundarySpaced,
      dataBefore: false,
      dataAfter: false,
      headerFolding: false,
      lfLine: false,
      semicolonMissing: false,
      invalidQuoting: false,
      invalidPart: false,
      fileLimitExceeded: false,
    };
  }

  read(): MultipartReading {
    const { boundary } = this.type;
    if (boundary === null || boundary === '') this.gather.stop('multipart-boundary', 0);
    else {
      if (!isBoundary(boundary) || this.type.boundarySpaced)
        this.gather.note('multipart-boundary', 0);
      if (this.text !== '') this.parts(`--${boundary}`);
    }
    const flags = { ...this.seen, strictError: this.isStrictError() };
    return { files: this.files, partHeaders: this.partHeaders, flags };
  }

  /** As ModSecurity has it: a look-alike of the boundary counts apart, being common in files. */
  private isStrictError(): boolean {
    if (this.gather.fault !== null) return true;
    return Object.entries(this.seen).some(([flag, set]) => set && flag !== 'unmatchedBoundary');
  }

  private parts(dashed: string): void {
    const { text, gather } = this;
    let delimiter = nextDelimiter(text, dashed, 0, gather);
    if (delimiter === null) {
      if (!gather.truncated) gather.stop('multipart-no-final-boundary', 0);
      return;
    }
    this.preamble(delimiter.start);
    for (let parts = 0; !delimiter.final; parts++) {
      this.seen.lfLine ||= delimiter.lf;
      if (parts >= gather.limits.parts) {
        this.seen.fileLimitExceeded = true;
        gather.stop('multipart-too-many-parts', delimiter.start);
        return;
      }
      const next = nextDelimiter(text, dashed, delimiter.end, gather);
      this.part(delimiter.end, next?.start ?? text.length, next !== null);
      if (gather.stoppedAt >= 0) return;
      if (next === null) {
        gather.unfinished('multipart-no-final-boundary', text.length);
        return;
      }
      delimiter = next;
    }
    this.seen.lfLine ||= delimiter.lf;
    const cut = gather.truncated && text.slice(delimiter.end, delimiter.end + 2) === '\r';
    if (delimiter.end < text.length && !cut) {
      this.seen.dataAfter = true;
      gather.stop('multipart-epilogue', delimiter.end);
    }
  }

  /** An empty line is none; anything else is shown as a value without a name. */
  private preamble(end: number): void {
    if (end === 0 || (end === 2 && this.text.startsWith('\r\n'))) return;
    this.seen.dataBefore = true;
    this.gather.note('multipart-preamble', 0);
    this.gather.add('', this.text.slice(0, end), 0);
  }

  /** @param delimited the part ends with a delimiter, whose line break does not belong to the content */
  private part(from: number, to: number, delimited: boolean): void {
    const { text, gather, seen } = this;
    const head = readPartHead(text, from, to, gather);
    seen.lfLine ||= head.lfLine;
    seen.headerFolding ||= head.folded;
    seen.semicolonMissing ||= head.disposition?.semicolonMissing ?? false;
    seen.invalidQuoting ||= head.disposition?.invalidQuoting ?? false;
    const name = gather.name(head.disposition?.name ?? '', from);
    for (const line of head.lines) this.partHeaders.push({ name, value: line });
    const end = delimited ? contentEnd(text, to) : to;
    const cut = !delimited && gather.truncated;
    if (head.contentAt < 0 && !cut) this.headless(from, end);
    else if (head.contentAt >= 0) {
      if (head.disposition?.name == null) {
        seen.invalidPart = true;
        gather.note('multipart-no-disposition', from);
      }
      // A head that ends in the delimiter's own line break has no content, or half of a line break.
      if (head.contentAt > end && delimited) gather.note('multipart-boundary-line', to);
      this.content(name, head.disposition, head.contentAt, Math.max(end, head.contentAt));
    }
  }

  /** No blank line: all of it might be content. */
  private headless(from: number, end: number): void {
    this.seen.invalidPart = true;
    if (end > from) this.gather.add('', this.text.slice(from, end), from);
  }

  private content(
    name: string,
    disposition: {
      readonly filename: string | null;
      readonly extendedFilename: string | null;
    } | null,
    from: number,
    to: number,
  ): void {
    const { gather } = this;
    const alike = lookAlikeAt(this.text, from, to, this.core);
    if (alike >= 0) {
      this.seen.unmatchedBoundary = true;
      gather.note('multipart-unmatched-boundary', alike);
    }
    const filename = disposition?.filename ?? null;
    const extended = disposition?.extendedFilename ?? null;
    if (filename !== null) this.file(name, filename, to - from, from);
    // Some see this name, others the plain one, or no file at all.
    if (extended !== null && extended !== filename)
      this.file(name, extended, filename === null ? to - from : 0, from);
    if (filename === '' && to > from) gather.note('multipart-empty-filename', from);
    if (filename === null || (filename === '' && to > from)) this.field(name, from, to);
  }

  private file(field: string, filename: string, bytes: number, at: number): void {
    this.files.push({ field, filename: this.gather.name(filename, at), bytes });
  }

  private field(name: string, from: number, to: number): void {
    const value = this.text.slice(from, to);
    // A form says with this field which charset the others are in (HTML, section 4.10.21.7).
    if (name === '_charset_' && !agreesWithAscii(value)) this.gather.note('charset', from);
    this.gather.add(name, value, from);
  }
}

function coreOf(boundary: string): string {
  let at = 0;
  while (boundary[at] === '-') at++;
  return lowerAscii(boundary.slice(at));
}
