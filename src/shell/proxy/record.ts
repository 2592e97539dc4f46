/** How one request went: what the access log and the counters are made of. Reused like its exchange. */
import type { Decision } from '../../decide/decision.ts';
import type { RequestHead } from '../http1/request-head.ts';

/** Who ended it: everything went well, the client left, the upstream failed, or the gate answered itself. */
export type EndedBy = 'done' | 'client' | 'upstream' | 'gate';

export class RequestRecord {
  method = '';
  host = '';
  path = '';
  hasQuery = false;
  minorVersion = 1;
  /** Address of the client, as far as trusted senders tell. */
  client = '';
  requestId = '';
  traceparent = '';
  decision: Decision | null = null;
  /** Code of the answer the gate made itself, null when the upstream answered. */
  gateCode: string | null = null;
  /** The rate, or the list, that did something to it. */
  rate: string | null = null;
  /** Status sent to the client; 0 when nothing was. */
  status = 0;
  endedBy: EndedBy = 'done';
  endpoint: string | null = null;
  attempts = 0;
  /** Endpoints left behind, with commas. */
  tried = '';
  requestBytes = 0;
  responseBytes = 0;
  /** Wall clock. */
  startedAtMs = 0;
  /** From the start; -1 for never. */
  /** Waited for room so long; -1 when it did not. */
  queuedMs = -1;
  /** Held back so long, to be looked at or delayed; -1 when it was not. */
  inspectedMs = -1;
  connectedMs = -1;
  firstByteMs = -1;
  durationMs = 0;
  /** Unreadable: the application's answer named nobody the shard rule knows. */
  cookieWritten: 'none' | 'set' | 'corrected' | 'cleared' | 'unreadable' = 'none';
  #startedPreciseMs = 0;

  begin(client: string): void {
    this.client = client;
    this.requestId = '';
    this.traceparent = '';
    this.decision = null;
    this.gateCode = null;
    this.rate = null;
    this.status = 0;
    this.endedBy = 'done';
    this.endpoint = null;
    this.attempts = 0;
    this.tried = '';
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.queuedMs = -1;
    this.inspectedMs = -1;
    this.connectedMs = -1;
    this.firstByteMs = -1;
    this.cookieWritten = 'none';
    this.startedAtMs = Date.now();
    this.#startedPreciseMs = performance.now();
  }

  /** @param path of the head, cut out already */
  describe(head: RequestHead, path: string): void {
    this.method = head.method;
    this.host = head.host;
    this.path = path;
    this.hasQuery = head.pathEnd < head.targetEnd;
    this.minorVersion = head.minorVersion;
  }

  /** The request is given to this endpoint now. */
  goesTo(endpoint: string): void {
    if (this.endpoint !== null) this.tried += `${this.tried === '' ? '' : ','}${this.endpoint}`;
    this.endpoint = endpoint;
  }

  elapsedMs(): number {
    return performance.now() - this.#startedPreciseMs;
  }
}
