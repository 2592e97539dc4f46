/**
 * What opens a request at the upstream: the edited head, and whatever of the body came with it.
 * Kept until no retry can need it.
 */
import type { Forward } from '../../decide/decision.ts';
import { freezeAt } from '../../failover/freeze.ts';
import { MIRROR_HEADER } from '../../mirror/mark.ts';
import { HAND_OVER_HEADER, signHandOver } from '../../peer/hand-over.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { groupName } from '../../zone/topology.ts';
import { type BodyReader, MALFORMED } from '../http1/body.ts';
import { lastChunk, payloadText } from '../http1/body-writer.ts';
import { withoutTrailers } from '../http1/trailers.ts';
import type { Copy } from './copier.ts';
import type { Gateway } from './gateway.ts';
import type { RequestRecord } from './record.ts';
import { editRequest } from './request-edits.ts';
import type { SenderFacts } from './sender.ts';

/** Up to this much of a body is kept for another try. */
export const REPLAY_BYTES = 16_384;
const EMPTY_LINE = '\r\n';

export class Opening {
  /** Latin1. */
  text = '';
  /** The whole request is in it. */
  whole = false;
  /** The edited head before what belongs to the target: for a copy. '' where none is made. */
  edited = '';

  clear(): void {
    this.text = '';
    this.edited = '';
    this.whole = false;
  }

  /** Edits the head at hand; the record learns the request's ids. */
  make(
    decision: Forward,
    sender: SenderFacts,
    snapshot: Snapshot,
    gateway: Gateway,
    record: RequestRecord,
    upgradeTo: string,
  ): void {
    const edited = editRequest(gateway.requestHead, decision, sender, {
      idc: gateway.idc,
      ids: gateway.ids,
      underscore: snapshot.gate.headers.underscore,
      upgradeTo,
    });
    record.requestId = edited.requestId;
    record.traceparent = edited.traceparent;
    // HTTP/1.1 asks for a Host, which a 1.0 client need not send.
    const host = record.host === '' ? `Host: ${decision.route.app}\r\n` : '';
    this.edited = decision.mirrors === null ? '' : `${edited.head}${host}`;
    this.text = `${edited.head}${host}${forTarget(decision, snapshot, gateway, record)}\r\n`;
    this.whole = true;
  }

  /** Further lines for whoever gets it, each with CRLF; before any of the body. */
  addLines(lines: string): void {
    if (lines === '') return;
    if (this.edited !== '') this.edited += lines;
    this.text = `${this.text.slice(0, -EMPTY_LINE.length)}${lines}${EMPTY_LINE}`;
  }

  /** Takes a whole body that was held back. @param text latin1, at most REPLAY_BYTES */
  addHeld(body: BodyReader, text: string, trailerDrops: readonly string[]): void {
    this.text += body.kind === 'chunked' ? framed(text, endOf(body, trailerDrops)) : text;
  }

  /** The body is too large to be kept: it will be sent as it comes, and no other try is possible. */
  leaveBody(): void {
    this.whole = false;
  }

  /** Takes what has arrived of the body. @returns how far it has read, or MALFORMED. */
  addBody(
    body: BodyReader,
    buf: Buffer,
    from: number,
    end: number,
    trailerDrops: readonly string[],
    copy: Copy | null,
  ): number {
    let at = from;
    while (at < end && !body.done) {
      at = body.read(buf, at, end);
      if (at === MALFORMED) return MALFORMED;
      copy?.requestBytes(buf, body.payload);
      const text = payloadText(buf, body.payload);
      this.text += body.kind === 'chunked' ? framed(text, endOf(body, trailerDrops)) : text;
    }
    this.whole = body.done && body.total <= REPLAY_BYTES;
    return at;
  }
}

/** An app is told where it is; a gate is handed the signed decision. */
function forTarget(
  decision: Forward,
  snapshot: Snapshot,
  gateway: Gateway,
  record: RequestRecord,
): string {
  const { zone, group, via } = decision.targets[0];
  // A copy stays one, whatever gates it passes.
  const mark = decision.copyMark === null ? '' : `${MIRROR_HEADER}: ${decision.copyMark}\r\n`;
  if (via === 'local') {
    const shard = decision.shard === null ? '' : `X-Ldc-Shard: ${decision.shard}\r\n`;
    const board = snapshot.fleet === null ? '' : boardLines(decision, snapshot);
    const { lane } = decision;
    const scene = lane?.kind === 'stress' ? `X-Ldc-Stress: ${lane.name}\r\n` : '';
    return `${scene}X-Ldc-Zone: ${zone.id}\r\nX-Ldc-Group: ${group.id}\r\n${shard}X-Ldc-Epoch: ${decision.epoch}\r\n${board}${mark}`;
  }
  const signed = signHandOver(
    {
      fromIdc: gateway.idc,
      zone: zone.id,
      shard: decision.shard,
      group: groupName(group),
      epoch: decision.epoch,
      board: snapshot.board.epoch,
      how: decision.how,
      pinTag: decision.pinTag,
      requestId: record.requestId,
      lane: decision.lane,
    },
    gateway.facts,
    record.startedAtMs,
    snapshot.peer.peerKeys,
  );
  return `${HAND_OVER_HEADER}: ${signed}\r\n${mark}`;
}

/**
 * For a data layer that refuses what comes too late: docs/fencing.md. A gate that lags obeys the one
 * that handed the request over, so the board's epoch is that of the board which decided.
 */
function boardLines({ shard, handedBoard, route, targets }: Forward, snapshot: Snapshot): string {
  const { board, placement } = snapshot;
  const epoch = Math.max(board.epoch, handedBoard);
  const known =
    shard === null ? '' : `X-Ldc-Owner-Epoch: ${ownerEpoch(snapshot, shard, route.app)}\r\n`;
  const { freezes } = placement;
  // A shadow's data layer has nothing to refuse: its writes go on while those of users wait.
  const { isShadow } = targets[0].group;
  const frozen =
    !isShadow && freezes.any && shard !== null && freezeAt(freezes, shard, route.app) !== null;
  return `X-Ldc-Board-Epoch: ${epoch}\r\n${known}${frozen ? 'X-Ldc-Frozen: 1\r\n' : ''}`;
}

function ownerEpoch({ board, placement }: Snapshot, shard: number, app: string): number {
  const own = placement.apart.size === 0 ? undefined : placement.apart.get(app)?.get(shard);
  return own?.since ?? board.since?.[shard] ?? 0;
}

/** What ends a body on the wire, once all of it has been read. */
export const endOf = (body: BodyReader, trailerDrops: readonly string[]): string =>
  body.done && body.kind === 'chunked'
    ? lastChunk(withoutTrailers(body.trailers, trailerDrops))
    : '';

const framed = (text: string, end: string): string =>
  text === '' ? end : `${text.length.toString(16)}\r\n${text}\r\n${end}`;
