/** What goes wrong, and how it ends. */
import type { Fault } from './events.ts';
import { contact, count, type Fleet, takeIntoForce, tell } from './fleet.ts';
import type { SimulatedGate } from './gate.ts';

export function strike(fleet: Fleet, fault: Fault): void {
  const { nowMs } = fleet.clock;
  const untilMs = nowMs + fault.forMs;
  const gate = 'gate' in fault ? fleet.gates[fault.gate] : undefined;
  count(fleet, `faults: ${fault.kind}`);
  const forText = `for ${Math.round(fault.forMs)} ms`;
  switch (fault.kind) {
    case 'restart':
    case 'kill':
      stop(fleet, gate!, fault.forMs);
      break;
    case 'cut-from-store':
      gate!.cutFromStoreUntilMs = untilMs;
      tell(fleet, gate!.name, `is cut off from the store ${forText}`);
      break;
    case 'cut-from-gate': {
      const other = fleet.gates[fault.other]!;
      gate!.cutFromGatesUntilMs.set(other.name, untilMs);
      other.cutFromGatesUntilMs.set(gate!.name, untilMs);
      tell(fleet, gate!.name, `is cut off from ${other.name} ${forText}`);
      break;
    }
    case 'lose-nudges':
      gate!.losesNudgesUntilMs = untilMs;
      tell(fleet, gate!.name, `hears no nudges ${forText}`);
      break;
    case 'slow':
      gate!.slowUntilMs = untilMs;
      tell(fleet, gate!.name, `is slow ${forText}`);
      break;
    case 'store-down':
      fleet.store.downUntilMs = Math.max(fleet.store.downUntilMs, untilMs);
      tell(fleet, 'store', `is down ${forText}`);
      break;
    case 'zone-down':
      fleet.downUntilMs.set(fault.zone, untilMs);
      tell(fleet, fault.zone, `is lost ${forText}`);
      break;
    case 'promote-stale':
      promote(fleet, fault.lost, untilMs);
      break;
  }
}

function stop(fleet: Fleet, gate: SimulatedGate, forMs: number): void {
  if (!gate.isUp) return;
  gate.isUp = false;
  gate.life++;
  gate.arriving = gate.disk;
  gate.underWay.clear();
  tell(fleet, gate.name, 'is killed');
  const stops = ++gate.stops;
  fleet.clock.after(forMs, () => {
    if (!gate.isUp && gate.stops === stops) comeBack(fleet, gate);
  });
}

/** With what its disk holds, and without knowing how the fleet fares. */
function comeBack(fleet: Fleet, gate: SimulatedGate): void {
  gate.isUp = true;
  gate.hasRestarted = true;
  gate.lastContactMs = Number.NEGATIVE_INFINITY;
  gate.settled = 0;
  tell(fleet, gate.name, 'is started again');
  takeIntoForce(fleet, gate, gate.disk);
  contact(fleet, gate);
}

/** All that know more can be reached: what nobody can tell the new store, it can’t know. */
function promote(fleet: Fleet, lost: number, untilMs: number): void {
  endFaults(fleet);
  const back = fleet.store.promote(lost, untilMs);
  const known = [fleet.store.board, ...fleet.gates.flatMap((g) => [g.disk, g.arriving])];
  fleet.ledger.begin(known.reduce((a, b) => (b.epoch > a.epoch ? b : a)));
  tell(fleet, 'store', `a copy takes over that lacks ${back} boards: ${fleet.store.board.epoch}`);
}

export function endFaults(fleet: Fleet): void {
  fleet.downUntilMs.clear();
  for (const gate of fleet.gates) {
    gate.cutFromStoreUntilMs = 0;
    gate.losesNudgesUntilMs = 0;
    gate.slowUntilMs = 0;
    gate.cutFromGatesUntilMs.clear();
    if (!gate.isUp) comeBack(fleet, gate);
  }
}
