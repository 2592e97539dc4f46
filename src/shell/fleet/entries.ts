/**
 * What may come out of a store, and go into one. A store is a place that others can write to: nothing
 * that is read there is believed before it has been looked at.
 */
import { createHash } from 'node:crypto';
import type { GateAck } from '../../failover/board.ts';
import { type AuditLine, type StoredBoard, StoreError } from './store.ts';

export const MAX_BOARD_BYTES = 4 * 1024 * 1024;
/** Lines of the trail that a store gives out at once, and that Redis keeps. */
export const MAX_AUDIT_LINES = 10_000;
export const FORGET_GATE_AFTER_MS = 30 * 24 * 3_600_000;

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

type Fields = Readonly<Record<string, unknown>>;

/** @returns what is wrong with it, or null */
export function faultOf({ epoch, digest, text }: StoredBoard): string | null {
  if (!Number.isSafeInteger(epoch) || epoch < 1)
    return `its epoch is ${String(epoch).slice(0, 40)}, not a whole number from 1 on`;
  if (Buffer.byteLength(text) > MAX_BOARD_BYTES)
    return `its text has more than ${MAX_BOARD_BYTES} bytes`;
  if (digestOf(text) !== digest) return 'its digest does not match its text';
  return null;
}

/** Refuses what no reader would accept, before anything is stored. */
export function mustBeStorable(expected: number, next: StoredBoard): void {
  if (!Number.isSafeInteger(expected) || expected < 0)
    throw new StoreError(`the expected epoch ${expected} is not a whole number`);
  const fault = faultOf(next);
  if (fault !== null) throw new StoreError(`the board was not stored: ${fault}`);
  if (next.epoch <= expected)
    throw new StoreError(
      `the board was not stored: its epoch ${next.epoch} is not higher than ${expected}`,
    );
}

function fieldsOf(json: string): Fields | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Fields) : null;
  } catch {
    return null;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value);

/** A gate's last word as the stores keep it. */
export interface GateEntry {
  readonly ack: GateAck;
  readonly leaseMs: number;
  /** By the store's clock; the file store reads it off the file instead. */
  readonly atMs: number;
}

/** @returns null when it is not one */
export function gateEntryOf(json: string): GateEntry | null {
  const entry = fieldsOf(json);
  const ack = entry?.ack as Fields | null | undefined;
  if (entry === null || typeof ack !== 'object' || ack === null) return null;
  const whole =
    isCount(entry.leaseMs) &&
    isCount(entry.atMs) &&
    isText(ack.gate) &&
    isText(ack.idc) &&
    isCount(ack.epoch) &&
    isCount(ack.settled) &&
    isText(ack.digest) &&
    typeof ack.appliedAtMs === 'number' &&
    (ack.trouble === null || isText(ack.trouble)) &&
    (ack.adminUrl === null || isText(ack.adminUrl)) &&
    areZones(ack.zones) &&
    (ack.releases === undefined || areReleases(ack.releases)) &&
    areScenes(ack.stress);
  return whole ? (entry as unknown as GateEntry) : null;
}

const areZones = (zones: unknown): boolean =>
  typeof zones === 'object' &&
  zones !== null &&
  Object.values(zones).every((zone: Fields | null) => {
    const { rps, errors, usable } = zone ?? {};
    return (
      typeof rps === 'number' &&
      typeof errors === 'number' &&
      (usable === null || typeof usable === 'number')
    );
  });

const isMeasure = (m: unknown): boolean => {
  const { requests, failed, times } = (m ?? {}) as Fields;
  return isCount(requests) && isCount(failed) && Array.isArray(times) && times.every(isCount);
};

const areReleases = (releases: unknown): boolean =>
  typeof releases === 'object' &&
  releases !== null &&
  Object.values(releases).every(
    (r: Fields | null) =>
      typeof r?.percent === 'number' &&
      typeof r.sinceMs === 'number' &&
      [r.from, r.to, r.lately].every(isMeasure),
  );

const areScenes = (scenes: unknown): boolean =>
  scenes === undefined ||
  (typeof scenes === 'object' &&
    scenes !== null &&
    Object.values(scenes).every((scene: Fields | null) =>
      [scene?.active, scene?.total, scene?.refused].every(isCount),
    ));

export const UNREADABLE = 'unreadable';

/** A line that can't be read stands in the trail as such: a trail with holes must not look whole. */
export function auditLineOf(json: string): AuditLine {
  const line = fieldsOf(json);
  const whole =
    line !== null &&
    typeof line.atMs === 'number' &&
    ['by', 'gate', 'what', 'reason', 'outcome'].every((name) => isText(line[name])) &&
    isCount(line.epoch) &&
    Array.isArray(line.overrides) &&
    line.overrides.every(isText);
  if (whole) return line as unknown as AuditLine;
  return {
    atMs: 0,
    by: '?',
    gate: '?',
    what: `a line that can't be read: ${json.slice(0, 100)}`,
    reason: '',
    outcome: UNREADABLE,
    epoch: 0,
    overrides: [],
  };
}
