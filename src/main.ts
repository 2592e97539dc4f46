/** One running gate: wires configuration, proxy, observation and control together. */
import pino from 'pino';
import type { IdcId } from './model/ids.ts';
import type { Issue } from './model/issue.ts';
import { fail } from './model/result.ts';
import { loadConfig } from './shell/config/load.ts';
import { ConfigWatcher } from './shell/config/watch.ts';
import { AdminServer } from './shell/control/admin.ts';
import { Holder } from './shell/holder.ts';
import { canAdopt } from './shell/http1/socket-io.ts';
import { BatchWriter } from './shell/observe/batch-writer.ts';
import { Counters } from './shell/observe/counters.ts';
import { makeRegistry } from './shell/observe/exposition.ts';
import { Observer } from './shell/observe/index.ts';
import { Edge } from './shell/proxy/edge.ts';
import { Gateway, type GatewayHooks } from './shell/proxy/gateway.ts';
import { toIssue } from './snapshot/documents.ts';
import type { Snapshot } from './snapshot/index.ts';
import { upstreamGauges } from './wiring/upstream-gauges.ts';
import { UpstreamSide } from './wiring/upstream-side.ts';
import { upstreamsView } from './wiring/upstreams-view.ts';

export interface RunOptions {
  readonly directory: string;
  readonly idc: IdcId;
  readonly first: Snapshot;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

export class Gate {
  readonly #options: RunOptions;
  readonly #log: pino.Logger;
  readonly #holder: Holder;
  readonly #gateway: Gateway;
  readonly #upstreamSide: UpstreamSide;
  readonly #counters = new Counters();
  readonly #accessLog: BatchWriter | null;
  readonly #admin: AdminServer;
  #edge: Edge | null = null;
  #watcher: ConfigWatcher | null = null;
  readonly #startedAtMs = Date.now();
  #lastReload: { ok: boolean; atMs: number; successAtMs: number; issues: readonly Issue[] };

  constructor(options: RunOptions) {
    const { first, idc } = options;
    this.#options = options;
    this.#holder = new Holder(first);
    this.#log = pino({ level: first.gate.log.level, base: { idc } }, pino.destination(2));
    const { access } = first.gate.log;
    this.#accessLog =
      access === 'off' ? null : new BatchWriter(access === 'stdout' ? null : access);
    const observer = new Observer(this.#counters, this.#accessLog, idc);
    this.#upstreamSide = new UpstreamSide(options.directory, idc, this.#log);
    const hooks: GatewayHooks = {
      current: this.#holder.current,
      record: (record) => observer.record(record),
      refused: (refusal, client) => observer.refused(refusal, client, Date.now()),
      acceptFailed: (error) => this.#acceptFailed(error),
    };
    this.#gateway = new Gateway(idc, hooks, this.#upstreamSide.discovery);
    const now = Date.now();
    this.#lastReload = { ok: true, atMs: now, successAtMs: now, issues: [] };
    const registry = makeRegistry(this.#counters, this.#gauges(), options.version);
    this.#admin = new AdminServer({
      ready: () => this.#edge !== null && !this.#gateway.draining && !this.#leaving,
      metrics: () => registry.metrics(),
      status: () => this.#status(),
      upstreams: () => ({
        ...(upstreamsView(this.#gateway.upstreams, this.#gateway.clock.nowMs) as object),
        discovery: this.#upstreamSide.discovery.status(),
      }),
    });
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
    await this.#admin.listen(gate.admin.filter(forMe).map((a) => a.address));
    const adopting = this.#options.env.ZONEGATE_ONREAD !== 'off' && (await canAdopt());
    if (!adopting) this.#log.warn('accepted sockets are read by events: about a tenth slower');
    const edge = new Edge(this.#gateway, adopting);
    this.#gateway.clock.start();
    this.#gateway.pressure.start();
    await this.#upstreamSide.start(this.#gateway, this.#holder.current());
    const listeners = gate.listeners.filter(forMe);
    await edge.listen(listeners);
    this.#edge = edge;
    this.#watcher = new ConfigWatcher(directory, () => this.reload('the directory changed'));
    this.#log.info(
      { listen: listeners.map((l) => l.address.text), epoch: this.#holder.current().epoch },
      'serving',
    );
  }

  /** Reads the configuration anew. A bad one changes nothing, and says why. */
  reload(cause: string): void {
    const { directory, env } = this.#options;
    const loaded = this.#load(directory, env);
    const issues = loaded.ok ? this.#notPublishable(loaded.value.snapshot) : loaded.error;
    const atMs = Date.now();
    if (!loaded.ok || issues.length > 0) {
      this.#lastReload = { ...this.#lastReload, ok: false, atMs, issues };
      this.#log.error({ cause, issues }, 'configuration refused; the old one stays in force');
      return;
    }
    const { snapshot } = loaded.value;
    const before = this.#holder.current();
    this.#lastReload = { ok: true, atMs, successAtMs: atMs, issues: [] };
    if (snapshot.digest === before.digest) {
      this.#log.info({ cause }, 'configuration unchanged');
      return;
    }
    if (snapshot.epoch === before.epoch && !sameRules(snapshot, before)) {
      this.#log.warn(
        { epoch: snapshot.epoch },
        'the rules have changed under the same epoch: gates can’t tell who is newer',
      );
    }
    for (const { file, line, message } of loaded.value.warnings)
      this.#log.warn({ file, line }, message);
    // Endpoints by new names are looked up first: until then they could be given nothing.
    const turn = ++this.#reloads;
    const found = this.#upstreamSide.prepare(snapshot);
    if (found === null) this.#publish(snapshot, cause);
    else
      void found.then(() => {
        if (turn === this.#reloads && !this.#leaving) this.#publish(snapshot, cause);
      });
  }

  #publish(snapshot: Snapshot, cause: string): void {
    const { epoch: before } = this.#holder.current();
    this.#holder.publish(snapshot);
    this.#upstreamSide.publish(snapshot);
    this.#log.level = snapshot.gate.log.level;
    this.#log.info(
      { cause, epoch: snapshot.epoch, before, digest: snapshot.digest },
      'configuration in force',
    );
  }

  /** Whatever goes wrong in reading, the gate goes on with what it has. */
  #load(directory: string, env: RunOptions['env']): ReturnType<typeof loadConfig> {
    try {
      return loadConfig(directory, env);
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
    } catch (error) {
      this.#log.error(
        { error: String(error) },
        'the access log can’t be opened anew; writing on to the old file',
      );
    }
  }

  /** What was bound or opened at the start can't be swapped, and an epoch never falls. */
  #notPublishable(next: Snapshot): Issue[] {
    const { gate } = this.#holder.current();
    const { idc, directory } = this.#options;
    const issues: Issue[] = [];
    const say = (path: string[], message: string, code = 'needs-restart'): void => {
      const place = { file: directory, data: null, locate: () => ({ line: 1, column: 1 }) };
      issues.push(toIssue(place, { severity: 'error', path, code, message }));
    };
    const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
    if (!same(gate.listeners, next.gate.listeners))
      say(['listeners'], 'listeners changed: this needs a restart');
    if (!same(gate.admin, next.gate.admin))
      say(['admin'], 'the admin address changed: this needs a restart');
    if (gate.log.access !== next.gate.log.access)
      say(['log', 'access'], 'the access log changed: this needs a restart');
    const { epoch } = this.#holder.current();
    if (next.epoch < epoch) {
      say(
        ['epoch'],
        `epoch ${next.epoch} is behind epoch ${epoch}, which is in force: to go back, publish the old rules under a higher one`,
        'epoch-backwards',
      );
    }
    if (!next.topology.idcs.has(idc))
      say(['cities'], `this gate's IDC ${idc} is gone from the topology`);
    return issues;
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
    this.#gateway.clock.stop();
    this.#gateway.pressure.stop();
    this.#upstreamSide.stop();
    this.#gateway.upstreams.closeIdle();
    this.#admin.close();
    this.#accessLog?.end();
    this.#log.info({ cut }, 'stopped');
  }

  #gauges() {
    return {
      clientConnections: () => this.#edge?.connections ?? 0,
      refusedConnections: () => this.#edge?.admission.refused ?? {},
      tunnels: () => this.#edge?.tunnels ?? 0,
      upstreams: upstreamGauges(this.#gateway, this.#upstreamSide),
      repeatedRouting: () => this.#gateway.repeatedRouting,
      logLinesDropped: () => this.#accessLog?.dropped ?? 0,
      epoch: () => this.#holder.current().epoch,
      digest: () => this.#holder.current().digest,
      lastReload: () => this.#lastReload,
    };
  }

  #status(): unknown {
    const snapshot = this.#holder.current();
    const { idc, version, directory } = this.#options;
    return {
      idc,
      city: snapshot.topology.idcs.get(idc)?.city,
      version,
      node: process.version,
      pid: process.pid,
      startedAt: new Date(this.#startedAtMs).toISOString(),
      draining: this.#leaving,
      epoch: snapshot.epoch,
      config: {
        directory,
        digest: snapshot.digest,
        lastReload: {
          ok: this.#lastReload.ok,
          at: new Date(this.#lastReload.atMs).toISOString(),
          issues: this.#lastReload.issues,
        },
      },
      connections: {
        clients: this.#edge?.connections ?? 0,
        upstreams: [...this.#gateway.upstreams.endpoints()].reduce((sum, e) => sum + e.open, 0),
      },
    };
  }
}

/** Do both say the same of every shard, pin and weight? */
const sameRules = (a: Snapshot, b: Snapshot): boolean => rulesText(a) === rulesText(b);

const rulesText = ({ rules }: Snapshot): string =>
  JSON.stringify([rules.owners, [...rules.pins], [...rules.weights]]);
