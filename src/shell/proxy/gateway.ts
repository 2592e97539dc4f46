/** What all connections of a worker share. One object, so that several workers need no globals. */
import type { IdcId } from '../../model/ids.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { Refusal } from '../http1/refusals.ts';
import { RequestHead } from '../http1/request-head.ts';
import { ResponseHead } from '../http1/response-head.ts';
import { type Found, Upstreams } from '../upstream/index.ts';
import { CoarseClock } from './clock.ts';
import type { Copier } from './copier.ts';
import { openFilesLimit, SocketBudget } from './descriptors.ts';
import { HeldBytes } from './held-body.ts';
import type { Inspector } from './inspector.ts';
import { Pressure } from './pressure.ts';
import type { RequestRecord } from './record.ts';
import { RequestIds } from './request-ids.ts';
import { StressTraffic } from './stress-traffic.ts';
import { WireFacts } from './wire-facts.ts';
import { WritesUnderWay } from './writes-under-way.ts';

export interface GatewayHooks {
  current(): Snapshot;
  /** Right after its end; the record is reused, so take what is needed now. */
  record(record: RequestRecord): void;
  /** A connection could not be accepted, for want of descriptors say. */
  acceptFailed(error: Error): void;
  /** A peer gate has shown a board of this epoch, newer than ours; -1: it only knows better. */
  newerBoard(epoch: number): void;
  /** A head that was refused before it became a request. */
  refused(refusal: Refusal, client: string): void;
}

export class Gateway {
  readonly idc: IdcId;
  readonly hooks: GatewayHooks;
  readonly clock = new CoarseClock();
  readonly ids = new RequestIds();
  readonly upstreams: Upstreams;
  readonly pressure: Pressure;
  /** Parsers are shared: what they find is used up before the next bytes are read. */
  readonly requestHead = new RequestHead();
  readonly responseHead = new ResponseHead();
  readonly facts: WireFacts;
  readonly writes = new WritesUnderWay();
  readonly stress = new StressTraffic();
  readonly sockets = new SocketBudget(openFilesLimit());
  /** Requests in which something that places them stood twice. */
  repeatedRouting = 0;
  /** Makes copies of requests that are mirrored; null: nobody does. */
  copier: Copier | null = null;
  /** Looks at requests and answers before they go on; null: nobody does. */
  inspector: Inspector | null = null;
  /** What is held back for it. */
  readonly held = new HeldBytes();
  /** The gate is going away: answers say Connection: close. */
  draining = false;

  constructor(idc: IdcId, hooks: GatewayHooks, found: Found) {
    this.idc = idc;
    this.hooks = hooks;
    this.facts = new WireFacts(this.requestHead, idc);
    this.upstreams = new Upstreams(hooks.current(), idc, found, this.clock, this.sockets);
    this.pressure = new Pressure(() => hooks.current().gate.overload);
    this.clock.onTick(() => this.pressure.tick());
    this.clock.onTick(() => this.stress.enforce(hooks.current(), Date.now()));
  }
}
