/** Clients: what they ask is decided by the real `decide`, handed over with the real signature. */
import type { Forward } from '../decide/decision.ts';
import { moveAt, ownerAt } from '../failover/index.ts';
import { factsFrom, type RecordedFacts } from '../model/facts.ts';
import { HAND_OVER_HEADER, signHandOver } from '../peer/hand-over.ts';
import { gateToken } from '../peer/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import type { PlannedRequest } from './events.ts';
import { breaks, count, type Fleet, isDown, settle, snapshotOf, tell } from './fleet.ts';
import type { SimulatedGate } from './gate.ts';

interface Asked {
  readonly planned: PlannedRequest;
  readonly recorded: Omit<RecordedFacts, 'entryIdc' | 'receivedAtMs'>;
  readonly shard: number;
  readonly id: number;
  readonly text: string;
  /** Which invariant breaks if this decision is carried out. */
  readonly stale: string | null;
  /** By the first gate; the second may not know of the pin. */
  readonly isPinned: boolean;
}

export function request(fleet: Fleet, planned: PlannedRequest): void {
  const gate = fleet.gates[planned.gate]!;
  const user = fleet.users[planned.user];
  const way = fleet.ways[planned.way % Math.max(1, fleet.ways.length)];
  if (user === undefined || way === undefined) return;
  const method = planned.isWrite ? 'POST' : 'GET';
  count(fleet, planned.isWrite ? 'writes' : 'reads');
  const text = `${planned.isWrite ? 'write' : 'read'} of shard ${user.shard}`;
  if (!gate.isUp || gate.isFenced) {
    count(fleet, 'requests to a gate that is gone');
    return;
  }
  const id = fleet.nextWrite++;
  const dice = (id % 1000) / 1000;
  const recorded = { ...way(user), method, dice };
  const fresh = { planned, recorded, shard: user.shard, id, text, stale: null, isPinned: false };
  const snapshot = snapshotOf(fleet, gate);
  const decision = decided(fleet, gate, fresh, snapshot);
  if (decision === null) return;
  const isPinned = decision.pinTag !== null;
  const asked = { ...fresh, isPinned, stale: staleRead(fleet, gate, fresh, decision) };
  if (decision.targets[0].via === 'local')
    serve(fleet, gate, null, asked, decision, gate.board.epoch);
  else handOver(fleet, gate, asked, decision, snapshot);
}

/** null: it was answered by the gate. */
function decided(
  fleet: Fleet,
  gate: SimulatedGate,
  asked: Asked,
  snapshot: Snapshot,
): Forward | null {
  const facts = factsFrom({
    ...asked.recorded,
    entryIdc: gate.idc,
    receivedAtMs: fleet.clock.wallMs,
  });
  const decision = fleet.behaviour.decide(facts, snapshot);
  if (decision.kind === 'forward') return decision;
  const what = asked.planned.isWrite ? 'writes refused' : 'reads refused';
  count(fleet, `${what}: ${decision.reason.code}`);
  tell(fleet, gate.name, `${asked.text}: ${decision.status} ${decision.reason.code}`);
  return null;
}

/** Over to a gate of the zone’s IDC, which may take a while to get there. */
function handOver(
  fleet: Fleet,
  from: SimulatedGate,
  asked: Asked,
  decision: Forward,
  snapshot: Snapshot,
): void {
  const [{ zone, group }] = decision.targets;
  const { nowMs } = fleet.clock;
  const peers = fleet.gates.filter(
    (g) => g.idc === group.idc && (from.cutFromGatesUntilMs.get(g.name) ?? 0) <= nowMs,
  );
  const to = peers[asked.planned.peer % Math.max(1, peers.length)];
  if (to === undefined) {
    count(fleet, 'requests without a peer');
    return;
  }
  const facts = factsFrom({ ...asked.recorded, entryIdc: from.idc, receivedAtMs: 0 });
  const signed = signHandOver(
    {
      ...{ fromIdc: from.idc, zone: zone.id, shard: decision.shard, group: group.id },
      ...{ epoch: decision.epoch, board: snapshot.board.epoch, how: decision.how },
      ...{ pinTag: decision.pinTag, requestId: `r${asked.id}`, lane: decision.lane },
    },
    facts,
    fleet.clock.wallMs,
    snapshot.peer.peerKeys,
  );
  // As the shell does: identity headers that the first gate did not believe go no further.
  const headers = (asked.recorded.headers ?? []).filter(
    ([name]) => !decision.dropHeaders.includes(name),
  );
  const recorded = {
    ...asked.recorded,
    listener: 'external',
    headers: [...headers, [HAND_OVER_HEADER, signed], ['cdn-loop', gateToken(from.idc)]],
  } as const;
  if (decision.isWrite) from.underWay.set(asked.id, wayOf(asked, decision));
  count(fleet, 'requests handed over');
  fleet.counts.set('longest way, in borders', 1);
  const { epoch } = from.board;
  const { life } = from;
  const { placement } = snapshot;
  fleet.clock.after(asked.planned.hopMs, () => {
    const back = (): void => {
      if (from.life === life) answered(fleet, from, asked);
    };
    if (!to.isUp || to.isFenced) {
      back();
      return;
    }
    const there = { ...asked, recorded };
    const again = decided(fleet, to, there, snapshotOf(fleet, to));
    if (again === null) {
      back();
      return;
    }
    if (again.targets[0].via !== 'local') {
      breaks(fleet, `a request crosses one border at most: ${to.name} would send it on`);
      return;
    }
    serve(fleet, to, { gate: from, life, epoch, placement }, there, again, to.board.epoch);
  });
}

interface Sender {
  readonly gate: SimulatedGate;
  readonly life: number;
  readonly epoch: number;
  /** By which it decided. */
  readonly placement: Snapshot['placement'];
}

const wayOf = (asked: Asked, { targets: [{ zone }], pinTag, route }: Forward) => ({
  shard: asked.shard,
  app: route.app,
  zone: zone.id,
  isPinned: asked.isPinned || pinTag !== null,
});

/** To the application: a read at once, a write after a while. */
function serve(
  fleet: Fleet,
  gate: SimulatedGate,
  sender: Sender | null,
  asked: Asked,
  decision: Forward,
  epoch: number,
): void {
  const way = wayOf(asked, decision);
  const first = sender?.gate ?? gate;
  tell(
    fleet,
    gate.name,
    `${asked.text}${sender === null ? '' : ` from ${first.name}`} goes to ${way.zone} by board ${epoch}`,
  );
  judge(fleet, gate, sender, asked, way, decision.isWrite);
  const { life } = gate;
  const sentMs = fleet.clock.nowMs;
  const done = (): void => {
    if (sender !== null && sender.gate.life === sender.life) answered(fleet, sender.gate, asked);
  };
  if (isDown(fleet, way.zone)) {
    count(fleet, 'requests to a zone that is lost');
    done();
    return;
  }
  if (!decision.isWrite) {
    done();
    return;
  }
  gate.underWay.set(asked.id, way);
  fleet.clock.after(asked.planned.takesMs, () => {
    if (gate.life === life) {
      count(fleet, 'writes accepted');
      tell(fleet, way.zone, `takes the ${asked.text} from ${gate.name}`);
      const broken = fleet.ledger.write(way, fleet.clock.nowMs);
      if (broken !== null && isKnownGap(fleet, gate, sentMs))
        count(fleet, 'writes through the gap that fencing: lease leaves');
      else if (broken !== null) breaks(fleet, broken);
      answered(fleet, gate, asked);
    }
    done();
  });
}

/**
 * Where leases are declared to be proof enough, a gate without one may still write; so may one that
 * has a lease again from a store which has lost the freeze that nobody waited for it to see.
 */
function isKnownGap(
  { settings, store, clock, ledger }: Fleet,
  gate: SimulatedGate,
  sentMs: number,
): boolean {
  if (settings.fencing !== 'lease') return false;
  if (store.board.epoch < ledger.board.epoch) return true;
  return store.livingSinceMs(gate.name, clock.nowMs) > sentMs - settings.leaseMs;
}

function answered(fleet: Fleet, gate: SimulatedGate, asked: Asked): void {
  if (gate.underWay.delete(asked.id)) settle(fleet, gate);
}

/** Was the zone one that the deciding gate’s board names? */
function judge(
  fleet: Fleet,
  gate: SimulatedGate,
  sender: Sender | null,
  asked: Asked,
  { zone, app, isPinned }: { zone: string; app: string; isPinned: boolean },
  isWrite: boolean,
): void {
  if (isPinned) return;
  const { placement } = snapshotOf(fleet, gate);
  const names = (p: typeof placement): boolean => {
    const move = moveAt(p, asked.shard, app);
    return ownerAt(p, asked.shard, app)?.id === zone || move?.from === zone || move?.to === zone;
  };
  // A read that came late is served as it was decided; how late it may come `staleRead` judges.
  const isSendersWord =
    sender !== null && (sender.epoch >= gate.board.epoch || (!isWrite && names(sender.placement)));
  if (!isSendersWord && !names(placement))
    breaks(
      fleet,
      `a zone serves what the deciding gate’s board says: ${gate.name} sent ${asked.text} to ${zone}`,
    );
  if (asked.stale !== null) breaks(fleet, asked.stale);
}

/** A read of what the user no longer has there; judged when it is decided, counts when it is served. */
function staleRead(
  fleet: Fleet,
  gate: SimulatedGate,
  asked: Asked,
  { isWrite, pinTag, route, targets: [{ zone }] }: Forward,
): string | null {
  if (isWrite || pinTag !== null) return null;
  const since = fleet.store.livingSinceMs(gate.name, fleet.clock.nowMs);
  const broken = fleet.ledger.read(asked.shard, route.app, zone.id, since);
  return broken === null ? null : `${broken}, by ${gate.name}`;
}
