/**
 * One running gate: wires configuration, proxy, observation and control together. Over 300 lines, because
 * the order in which its parts start, reload and stop must be seen in one place.
 */
import pino from 'pino';
import type { IdcId } from './model/ids.ts';
import { fail } from './model/result.ts';
import { loadConfig } from './shell/config/load.ts';
import { ruleFiles } from './shell/config/rule-files.ts';
import { ConfigWatcher } from './shell/config/watch.ts';
import { AdminServer } from './shell/control/admin.ts';
import type { Fleet } from './shell/fleet/fleet.ts';
import { Holder } from './shell/holder.ts';
import { canAdopt } from './shell/http1/socket-io.ts';
import type { Mirrors } from './shell/mirror/index.ts';
import { BatchWriter } from './shell/observe/batch-writer.ts';
import { Counters } from './shell/observe/counters.ts';
import { type Gauges, makeRegistry } from './shell/observe/exposition.ts';
import { Observer } from './shell/observe/index.ts';
import type { ReleaseMeter } from './shell/observe/release-meter.ts';
import { Edge } from './shell/proxy/edge.ts';
import { Gateway, type GatewayHooks } from './shell/proxy/gateway.ts';
import type { Inspector } from './shell/proxy/inspector.ts';
import type { Snapshot } from './snapshot/index.ts';
import { withBoard } from './snapshot/with-board.ts';
import type { Forge } from './waf/forge.ts';
import { warmFirewall } from './waf/warm.ts';
import { Entrance } from './wiring/entrance.ts';
import { AuditLog } from './wiring/firewall/audit-log.ts';
import { type FirewallSide, openFirewall } from './wiring/firewall/index.ts';
import { firewallView } from './wiring/firewall/view.ts';
import { absolute, type FleetSideOptions, fleetName, openFleet } from './wiring/fleet-side.ts';
import { gateGauges } from './wiring/gate-gauges.ts';
import { gateStatus, type LastReload } from './wiring/gate-status.ts';
import { LaneLog } from './wiring/lane-log.ts';
import { mirrorsView, openMirrors } from './wiring/mirror-side.ts';
import { notPublishable, worthSaying } from './wiring/publishable.ts';
import { RateSide } from './wiring/rate/index.ts';
import { hasEnded, RuleKeeper } from './wiring/rule-keeper.ts';
import { UpstreamSide } from './wiring/upstream-side.ts';
import { upstreamsView } from './wiring/upstreams-view.ts';

export interface RunOptions {
  readonly directory: string;
  readonly idc: IdcId;
  readonly first: Snapshot;
  /** What `first` was compiled with: a reload compiles only what has changed. */
  readonly forge?: Forge | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Name in the fleet; made of the IDC and the host where absent. */
  readonly gate?: string | undefined;
  /** Makes what looks at requests and answers before they go on, instead of the firewall: for tests. */
  readonly inspect?: ((gateway: Gateway) => Inspector) | undefined;
}

export class Gate {
  readonly #options: RunOptions;
  readonly #log: pino.Logger;
  readonly #holder: Holder;
  readonly #gateway: Gateway;
  readonly #upstreamSide: UpstreamSide;
  readonly #counters = new Counters();
  readonly #observer: Observer;
  readonly #accessLog: BatchWriter | null;
  readonly #laneLog: LaneLog;
  readonly #admin: AdminServer;
  readonly #fleet: Fleet | null;
  readonly #mirrors: Mirrors;
  readonly #firewall: FirewallSide;
  readonly #audit: AuditLog;
  readonly #rules: RuleKeeper;
  readonly #rates: RateSide;
  #edge: Edge | null = null;
  #watcher: ConfigWatcher | null = null;
  readonly #startedAtMs = Date.now();
  #lastReload: LastReload;

  constructor(options: RunOptions) {
    const { first, idc } = options;
    this.#options = options;
    this.#rules = new RuleKeeper(options.directory, options.env, options.forge);
    // Until it is heard of in the fleet nobody knows what it has missed.
    this.#holder = new Holder(first.fleet === null ? first : withBoard(first, first.board, true));
    this.#log = pino({ level: first.gate.log.level, base: { idc } }, pino.destination(2));
    const { access } = first.gate.log;
    this.#accessLog =
      access === 'off' ? null : new BatchWriter(access === 'stdout' ? null : access);
    this.#laneLog = new LaneLog(this.#accessLog, access, this.#log);
    this.#laneLog.follow(first);
    const observer = new Observer(this.#counters, this.#accessLog, idc, () => this.#laneLog.writer);
    this.#observer = observer;
    this.#upstreamSide = new UpstreamSide(options.directory, idc, this.#log);
    const hooks: GatewayHooks = {
      current: this.#holder.current,
      newerBoard: () => this.#fleet?.mayBeBehind(),
      record: (record) => observer.record(record),
      refused: (refusal, client) => observer.refused(refusal, client, Date.now()),
      acceptFailed: (error) => this.#acceptFailed(error),
    };
    this.#gateway = new Gateway(idc, hooks, this.#upstreamSide.discovery);
    this.#mirrors = openMirrors(
      this.#gateway,
      this.#upstreamSide.discovery,
      observer.stress,
      this.#log,
    );
    this.#audit = new AuditLog(idc, this.#accessLog, access, this.#log);
    const mine = this.#fleetOptions(options, observer.releases);
    const { directory } = options;
    this.#rates = new RateSide({
      ...{ directory, idc, gate: fleetName(mine), log: this.#log },
      store: first.fleet === null ? null : absolute(first.fleet.store, directory),
      events: () => this.#audit.writer,
    });
    this.#firewall = openFirewall(this.#audit, this.#rates.countryOf, this.#log);
    this.#gateway.inspector = new Entrance(this.#rates, this.#firewall);
    this.#audit.follow(first);
    this.#firewall.follow(first);
    if (options.inspect !== undefined) this.#gateway.inspector = options.inspect(this.#gateway);
    this.#fleet = first.fleet === null ? null : openFleet(first.fleet, mine);
    const now = Date.now();
    this.#lastReload = { ok: true, atMs: now, successAtMs: now, issues: [] };
    const registry = makeRegistry(this.#counters, observer.stress, this.#gauges(), options.version);
    this.#admin = new AdminServer({
      ready: () => this.#edge !== null && !this.#gateway.draining && !this.#leaving,
      metrics: () => registry.metrics(),
      status: () => this.#status(),
      upstreams: () => ({
        ...(upstreamsView(this.#gateway.upstreams, this.#gateway.clock.nowMs) as object),
        discovery: this.#upstreamSide.discovery.status(),
      }),
      mirrors: () => mirrorsView(this.#mirrors, this.#holder.current()),
      firewall: () => firewallView(this.#holder.current()),
      control: () => this.#holder.current().gate.control,
      desk: () => this.#fleet,
    });
  }

  #fleetOptions(
    { directory, idc, gate, first }: RunOptions,
    releases: ReleaseMeter,
  ): FleetSideOptions {
    const forMe = (entry: { readonly idc: IdcId | null }): boolean =>
      entry.idc === null || entry.idc === idc;
    const mine = first.gate.admin.find(forMe);
    const port = first.gate.listeners.find(forMe)?.address.port ?? 0;
    return {
      port,
      ...{ directory, idc, gate: gate ?? null, holder: this.#holder, gateway: this.#gateway },
      ...{ counters: this.#counters, releases, log: this.#log },
      adminUrl: mine === undefined ? null : `http://${mine.address.text}`,
    };
  }

  #reloads = 0;
  #leaving = false;
  #acceptFailureAtMs = 0;

  /** Rejects when an address can't be bound. */
  async start(): Promise<void> {
    const { idc, directory } = this.#options;
    const { gate } = this.#holder.current();
    const forMe = (entry: { readonly idc: IdcId | null }): boolean =>
      entry.idc === null || entry.idc === idc;
    await this.#admin.listen(gate.admin.filter(forMe), directory);
    const adopting = this.#options.env.ZONEGATE_ONREAD !== 'off' && (await canAdopt());
    if (!adopting) this.#log.warn('accepted sockets are read by events: about a tenth slower');
    const edge = new Edge(this.#gateway, adopting);
    this.#gateway.clock.start();
    this.#gateway.pressure.start();
    await this.#upstreamSide.start(this.#gateway, this.#holder.current());
    await this.#fleet?.start();
    const { firewall } = this.#holder.current();
    if (firewall !== null) warmFirewall(firewall);
    await this.#rates.start(this.#holder.current());
    const listeners = gate.listeners.filter(forMe);
    await edge.listen(listeners);
    this.#edge = edge;
    this.#rules.watch(this.#holder.current, () => this.reload('a rule or an exclusion has ended'));
    this.#watcher = new ConfigWatcher(
      directory,
      () => this.reload('the directory changed'),
      () => ruleFiles(this.#holder.current()),
    );
    this.#log.info(
      { listen: listeners.map((l) => l.address.text), epoch: this.#holder.current().epoch },
      'serving',
    );
  }

  /**
   * Reads the configuration anew. A bad one changes nothing, and says why. Rules of a firewall are compiled
   * first, piece by piece beside the requests.
   */
  reload(cause: string): void {
    this.#renewCertificates();
    this.#rules.prepare(
      () => {
        if (!this.#leaving) this.#reloadNow(cause);
      },
      (error) => this.#log.error({ error }, 'reading the rules failed: this is a bug'),
    );
  }

  #reloadNow(cause: string): void {
    const { directory, env } = this.#options;
    const loaded = this.#load(directory, env);
    const issues = loaded.ok
      ? notPublishable(this.#holder.current(), loaded.value.snapshot, this.#options.idc, directory)
      : loaded.error;
    const atMs = Date.now();
    if (!loaded.ok || issues.length > 0) {
      this.#lastReload = { ...this.#lastReload, ok: false, atMs, issues };
      this.#log.error({ cause, issues }, 'configuration refused; the old one stays in force');
      return;
    }
    const { snapshot } = loaded.value;
    const before = this.#holder.current();
    this.#lastReload = { ok: true, atMs, successAtMs: atMs, issues: [] };
    if (snapshot.digest === before.digest && !hasEnded(before, atMs)) {
      this.#log.info({ cause }, 'configuration unchanged');
      return;
    }
    for (const text of worthSaying(before, snapshot))
      this.#log.warn({ epoch: snapshot.epoch }, text);
    for (const { file, line, message } of loaded.value.warnings)
      this.#log.warn({ file, line }, message);
    // Endpoints by new names are looked up first: until then they could be given nothing.
    const turn = ++this.#reloads;
    const found = this.#upstreamSide.prepare(snapshot);
    if (found === null) this.#publish(snapshot, cause);
    else
      void found.then(() => {
        if (turn === this.#reloads && !this.#leaving) this.#publishLate(snapshot, cause);
      });
  }

  #renewCertificates(): void {
    try {
      this.#admin.renewCertificates();
    } catch (error) {
      this.#log.error({ error: String(error) }, 'admin certificates refused; the old ones stay');
    }
  }

  /** The board may have changed while endpoints were looked up. */
  #publishLate(snapshot: Snapshot, cause: string): void {
    const { idc, directory } = this.#options;
    const issues = notPublishable(this.#holder.current(), snapshot, idc, directory);
    if (issues.length === 0) this.#publish(snapshot, cause);
    else this.#log.error({ cause, issues }, 'configuration refused; the old one stays in force');
  }

  /** On the board in force, so that a reload never undoes a switch. */
  #publish(declared: Snapshot, cause: string): void {
    const { epoch: before, board, lost } = this.#holder.current();
    const snapshot = withBoard(declared, board, lost);
    this.#holder.publish(snapshot);
    this.#upstreamSide.publish(snapshot);
    this.#laneLog.follow(snapshot);
    this.#mirrors.follow(snapshot);
    this.#audit.follow(snapshot);
    this.#firewall.follow(snapshot);
    this.#rates.follow(snapshot);
    this.#log.level = snapshot.gate.log.level;
    this.#log.info(
      { cause, epoch: snapshot.epoch, before, digest: snapshot.digest },
      'configuration in force',
    );
  }

  /** Whatever goes wrong in reading, the gate goes on with what it has. */
  #load(directory: string, env: RunOptions['env']): ReturnType<typeof loadConfig> {
    try {
      return loadConfig(directory, env, this.#rules.forge);
    } catch (error) {
      this.#log.error({ error }, 'reading the configuration failed: this is a bug');
      const message = `reading failed: ${String(error)}`;
      return fail([
        { severity: 'error', file: directory, line: 1, column: 1, path: [], code: 'bug', message },
      ]);
    }
  }

  /** At most one line a second: a lack of descriptors fails thousands of times. */
  #acceptFailed(error: Error): void {
    this.#counters.acceptFailures++;
    const now = Date.now();
    if (now - this.#acceptFailureAtMs < 1000) return;
    this.#acceptFailureAtMs = now;
    this.#log.error(
      { error: error.message, total: this.#counters.acceptFailures },
      'accepting failed',
    );
  }

  /** SIGHUP also means that somebody has moved the log file. */
  reopenLogs(): void {
    try {
      this.#accessLog?.reopen();
      this.#laneLog.reopen();
      this.#audit.reopen();
    } catch (error) {
      this.#log.error(
        { error: String(error) },
        'the access log can’t be opened anew; writing on to the old file',
      );
    }
  }

  /** Says “not ready”, waits if told to, stops accepting, lets requests end. */
  async stop(): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    const { timeouts } = this.#holder.current().gate;
    this.#log.info({ drainMs: timeouts.drainMs }, 'draining');
    if (timeouts.drainDelayMs > 0) await new Promise((r) => setTimeout(r, timeouts.drainDelayMs));
    const cut = (await this.#edge?.drain(timeouts.drainMs)) ?? 0;
    this.#watcher?.close();
    this.#rules.stop();
    await this.#fleet?.stop();
    this.#gateway.clock.stop();
    this.#gateway.pressure.stop();
    this.#upstreamSide.stop();
    this.#mirrors.stop();
    this.#firewall.stop();
    this.#rates.stop();
    this.#audit.end();
    this.#gateway.upstreams.closeIdle();
    this.#admin.close();
    this.#accessLog?.end();
    this.#laneLog.end();
    this.#log.info({ cut }, 'stopped');
  }

  #gauges(): Gauges {
    return gateGauges({
      ...{ gateway: this.#gateway, upstreamSide: this.#upstreamSide, fleet: this.#fleet },
      ...{ observer: this.#observer, accessLog: this.#accessLog, laneLog: this.#laneLog },
      ...{ mirrors: this.#mirrors, current: this.#holder.current },
      firewall: { side: this.#firewall, log: this.#audit },
      rates: this.#rates,
      edge: () => this.#edge,
      lastReload: () => this.#lastReload,
    });
  }

  #status(): unknown {
    const { idc, version, directory } = this.#options;
    return gateStatus({
      ...{ idc, version, directory, startedAtMs: this.#startedAtMs, draining: this.#leaving },
      ...{ snapshot: this.#holder.current(), fleet: this.#fleet, lastReload: this.#lastReload },
      rates: this.#rates.status(this.#holder.current()),
      clients: this.#edge?.connections ?? 0,
      gateway: this.#gateway,
    });
  }
}
