/** Joins the fleet's side of a gate to what serves: boards come in, measures and writes go out. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type pino from 'pino';
import type { FleetSettings } from '../failover/compile-fleet.ts';
import type { StoreSettings } from '../failover/store-settings.ts';
import type { IdcId } from '../model/ids.ts';
import { Fleet } from '../shell/fleet/fleet.ts';
import { LastGood } from '../shell/fleet/last-good.ts';
import { openStore } from '../shell/fleet/open-store.ts';
import { Trail } from '../shell/fleet/trail.ts';
import type { Holder } from '../shell/holder.ts';
import type { Counters } from '../shell/observe/counters.ts';
import type { ReleaseMeter } from '../shell/observe/release-meter.ts';
import type { Gateway } from '../shell/proxy/gateway.ts';
import { withBoard } from '../snapshot/with-board.ts';
import { sceneMeasures } from './stress-side.ts';
import { ZoneMeter } from './zone-meter.ts';

export interface FleetSideOptions {
  readonly directory: string;
  readonly idc: IdcId;
  /** null: made of the IDC, the host and the port, of which a host has but one. */
  readonly gate: string | null;
  /** Of its first listener. */
  readonly port: number;
  readonly adminUrl: string | null;
  readonly holder: Holder;
  readonly gateway: Gateway;
  readonly counters: Counters;
  readonly releases: ReleaseMeter;
  readonly log: pino.Logger;
}

/** @param settings as they were at the start: the store and stateDir can't be changed while it runs */
export function openFleet(settings: FleetSettings, options: FleetSideOptions): Fleet {
  const { idc, holder, gateway, log } = options;
  const gate = fleetName(options);
  const stateDir = inDirectory(settings.stateDir, options.directory)
    .replaceAll('{idc}', idc)
    .replaceAll('{gate}', gate);
  const meter = new ZoneMeter(options.counters, gateway.upstreams, performance.now());
  const fleet = new Fleet(
    {
      ...{ gate, idc, adminUrl: options.adminUrl },
      store: openStore(absolute(settings.store, options.directory), (sentence) =>
        log.warn(sentence),
      ),
      disk: new LastGood(stateDir),
      trail: new Trail(stateDir),
    },
    () => holder.current().fleet ?? settings,
    {
      current: holder.current,
      publish: (board, lost) => {
        const next = withBoard(holder.current(), board, lost);
        holder.publish(next);
        gateway.upstreams.switchOff(next.placement.off);
        options.releases.follow(board);
        gateway.stress.enforce(next, Date.now());
      },
      writesUnderWay: (moves) => gateway.writes.anyOf(moves, holder.current().placement),
      measures: () => meter.read(performance.now()),
      releases: () => options.releases.read(performance.now()),
      scenes: () => sceneMeasures(gateway),
      log: (level, text, details) => log[level](details, text),
    },
  );
  gateway.writes.whenOver = () => fleet.keeper.settle();
  return fleet;
}

/** This gate's name among others. */
export const fleetName = ({
  gate,
  idc,
  port,
}: Pick<FleetSideOptions, 'gate' | 'idc' | 'port'>): string => gate ?? nameOf(idc, port);

/** Names travel in commands and log lines, so they are plain. */
const nameOf = (idc: IdcId, port: number): string =>
  `${idc}-${hostname()
    .split('.', 1)[0]!
    .replaceAll(/[^A-Za-z0-9-]/g, '-')}-${port}`;

const inDirectory = (path: string, directory: string): string => resolve(directory, path);

/** Paths are relative to the configuration, as everywhere in it. */
export function absolute(store: StoreSettings, directory: string): StoreSettings {
  const at = (path: string | null): string | null =>
    path === null ? null : inDirectory(path, directory);
  if (store.kind === 'file')
    return { ...store, directory: inDirectory(store.directory, directory) };
  const { tls } = store;
  return {
    ...store,
    passwordFile: at(store.passwordFile),
    sentinelPasswordFile: at(store.sentinelPasswordFile),
    tls:
      tls === null
        ? null
        : {
            caFile: at(tls.caFile),
            certFile: at(tls.certFile),
            keyFile: at(tls.keyFile),
            serverName: tls.serverName,
          },
  };
}
