/**
 * The seam by which a firewall and rate control look at requests and answers, without proxy knowing them.
 *
 *   begin ─ first ─▶ body ─▶ (sent on) ─▶ answerHead ─▶ answerBody ─▶ over
 *
 * Each step comes at most once and in this order; `over` comes always, and is the last. What an inspector
 * throws is a bug, and ends the worker.
 */
import type { Forward } from '../../decide/decision.ts';
import type { ListenerKind, RequestFacts } from '../../model/facts.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { GateAnswer } from './gate-answer.ts';
import type { RequestRecord } from './record.ts';
import type { SenderFacts } from './sender.ts';

/** Reused for the next request of the connection: what is needed later is taken inside `begin`. */
export interface InspectedRequest {
  readonly decision: Forward;
  readonly snapshot: Snapshot;
  /** Shared by the worker: good inside the call only. */
  readonly head: RequestHead;
  /** What the decision was made from; good inside the call only. */
  readonly facts: RequestFacts;
  readonly sender: SenderFacts;
  /** Its request id is known from the next step on. */
  readonly record: RequestRecord;
  readonly listener: ListenerKind;
  /** Address of the TCP peer. */
  readonly remote: string;
  /** The head announces a body; one of no bytes if it is chunked, perhaps. */
  readonly hasBody: boolean;
}

/** Instead of the problem document; latin1 text goes out as UTF-8. */
export interface OwnPage {
  readonly type: string;
  readonly text: string;
}

export type Verdict =
  | { readonly kind: 'pass' }
  /** Waits so long, then goes on; of requests only, as their `first`. Elsewhere it is a pass. */
  | { readonly kind: 'delay'; readonly ms: number }
  | {
      readonly kind: 'answer';
      readonly answer: GateAnswer;
      /** Header lines, each with CRLF; '' for none. */
      readonly lines: string;
      /** null: the problem document. */
      readonly body: OwnPage | null;
      /** The connection ends with it. */
      readonly close: boolean;
    }
  /** A reset, and no answer. */
  | { readonly kind: 'cut' };

/** Says it once; what comes too late, or again, does nothing. */
export type SayLater = (what: Verdict) => void;

export interface Inspector {
  /** null: not looked at. */
  begin(request: InspectedRequest): Inspection | null;
}

export interface Inspection {
  /** What is known from the head alone. Read once, right after `begin`. */
  readonly first: Verdict;
  /**
   * Header lines for the application, each with CRLF; '' for none. Read once, when the request has passed, so
   * they may tell what was found in its body. Only names `X-Ldc-…` are safe from being sent by anybody else.
   */
  readonly lines: string;
  /** Header lines for whoever gets the upstream's answer, each with CRLF; '' for none. Read once, with its head. */
  readonly answerLines: string;
  /**
   * Bytes of the body that it wants to see before anything of the request is sent on; 0: it wants no
   * body. Read once, right after `first`.
   */
  readonly wantsBytes: number;
  /**
   * All of the body, or its first `wantsBytes`, without chunk framing. Asked only where the head announces
   * a body; then `bytes` may still be empty. They are good until the answer is given, or `over` is called.
   * @param whole false: there is more than that
   * @returns null: `later` will be called
   */
  body(bytes: Buffer, whole: boolean, later: SayLater): Verdict | null;
  /**
   * The head of the final answer, before it is edited: not of 1xx, nor of a tunnel's 101, nor of an answer
   * that another try replaces. `answer` throws it away, and its connection.
   * @param head shared by the worker: good inside the call only
   */
  answerHead(status: number, head: ResponseHead): Verdict;
  /**
   * Bytes of the answer's body that it wants to see before anything of the answer is sent on; 0 for none.
   * Read once, after `answerHead` has let it pass.
   */
  readonly wantsAnswerBytes: number;
  /** As `body`; not asked of answers that can have none: to HEAD, 204, 304, Content-Length: 0. */
  answerBody(bytes: Buffer, whole: boolean, later: SayLater): Verdict | null;
  /**
   * The request is over, whichever way, or refused for bytes that came with its head. Called exactly once, and
   * before its record is handed on, so it may write there.
   */
  over(): void;
}
