/** What the firewall's rules are told about a request's body. All texts are byte strings. */
import type { FaultCode } from './faults.ts';

export type BodyKind = 'none' | 'urlencoded' | 'multipart' | 'json' | 'xml';

export interface Named {
  readonly name: string;
  readonly value: string;
}

/** Whoever raises one raises what a hostile body may cost. */
export interface BodyLimits {
  /** Arguments, and attributes of XML. */
  readonly args: number;
  /** Containers inside of each other, in JSON and XML. */
  readonly depth: number;
  readonly parts: number;
  /** Kept of one name; the rest of it is cut off (`name-too-long`). */
  readonly nameBytes: number;
  /** Kept of one value; the rest of it is cut off (`value-too-long`, or nothing if truncated). */
  readonly valueBytes: number;
  /** Of one part, all its lines together. */
  readonly partHeaderBytes: number;
  /** Of one part. */
  readonly partHeaders: number;
}

export const BODY_LIMITS: BodyLimits = {
  args: 1000,
  depth: 64,
  parts: 200,
  nameBytes: 2048,
  valueBytes: 65_536,
  partHeaderBytes: 4096,
  partHeaders: 16,
};

export interface BodyFault {
  readonly code: FaultCode;
  /** For logs and REQBODY_ERROR_MSG; holds nothing of the body. */
  readonly message: string;
  /** Byte offset: in the body, or in the field's value if the code begins with `content-type` or is a `charset` of it. */
  readonly at: number;
  /**
   * true: an application may read something here that the rules were not shown, because readers differ or
   * because a limit was met; refuse it where the firewall blocks, even if no rule says so.
   * false: merely wrong; rules decide (REQBODY_ERROR).
   */
  readonly ambiguous: boolean;
}

export interface BodyFile {
  readonly field: string;
  readonly filename: string;
  /** Content is counted, never kept. */
  readonly bytes: number;
}

/** ModSecurity's MULTIPART_* variables. */
export interface MultipartFlags {
  /** Any of those below but unmatchedBoundary, and any error of the reader. */
  readonly strictError: boolean;
  /** A line that looks like the boundary and is not. */
  readonly unmatchedBoundary: boolean;
  /** Quoting is allowed, and common in some clients: no fault by itself. */
  readonly boundaryQuoted: boolean;
  readonly boundaryWhitespace: boolean;
  readonly dataBefore: boolean;
  readonly dataAfter: boolean;
  readonly headerFolding: boolean;
  readonly lfLine: boolean;
  readonly semicolonMissing: boolean;
  readonly invalidQuoting: boolean;
  readonly invalidPart: boolean;
  readonly fileLimitExceeded: boolean;
}

export interface XmlReading {
  /**
   * `XML:/*`. First all text as one string, as ModSecurity has it; then, where more than one element has
   * text, the same with a space between elements, or `<a>x</a><b>union …` would hide behind its neighbour.
   */
  readonly text: readonly string[];
  /** `XML://@*`: the values of all attributes. */
  readonly attributes: readonly string[];
}

export interface BodyReading {
  readonly kind: BodyKind;
  /** ARGS_POST, decoded once. */
  readonly args: readonly Named[];
  readonly files: readonly BodyFile[];
  /** MULTIPART_PART_HEADERS: name: the part's field; value: the whole line, `Header: value`. Of every part. */
  readonly partHeaders: readonly Named[];
  readonly xml: XmlReading | null;
  readonly multipart: MultipartFlags | null;
  /** The first ambiguous one, else the first. Reading goes on behind a fault wherever that makes sense. */
  readonly fault: BodyFault | null;
  /** What was not read because of the fault, at most `valueBytes` of it; else ''. */
  readonly rest: string;
}
