/**
 * What an exchange tells of a request that is mirrored. Whoever listens takes what he needs inside the
 * call, never throws, and answers nothing back: the request can't tell whether anybody listens.
 */
import type { Forward } from '../../decide/decision.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { Spans } from '../http1/chunked.ts';
import type { ResponseHead } from '../http1/response-head.ts';

interface CopiedRequest {
  readonly decision: Forward;
  readonly snapshot: Snapshot;
  readonly method: string;
  readonly requestId: string;
  /** Latin1; edited, without what belongs to the target, and without the empty line. */
  readonly head: string;
  /** As the application gets it, with the empty line. */
  readonly whole: string;
  readonly chunked: boolean;
}

export interface Copier {
  /** null: not copied after all, and counted. */
  begin(request: CopiedRequest): Copy | null;
}

export interface Copy {
  /** Payload of the request, as it passes. */
  requestBytes(buf: Buffer, payload: Spans): void;
  /** All of the request has come. */
  requestDone(): void;
  /** The final head of the real answer. */
  answerBegins(head: ResponseHead): void;
  answerBytes(buf: Buffer, payload: Spans): void;
  answerDone(): void;
  /** The request is over, whichever way; nothing is told any more. */
  over(): void;
}
