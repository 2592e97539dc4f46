/** Two cities on one machine: sample apps in this process, one gate process per IDC, then the tour. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Address } from '../../model/schema.ts';
import { loadConfig } from '../../shell/config/load.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { CommandError, EXIT, usageError } from '../exit.ts';
import { issueText } from '../issues-text.ts';
import { SampleApps } from './apps.ts';
import { GateProcess } from './gates.ts';
import { Operator } from './operator.ts';
import { Tour } from './tour.ts';

export interface DemoArguments {
  readonly once?: boolean | undefined;
  readonly portBase: string;
}

const CONFIG = fileURLToPath(new URL('../../../configs/ldc', import.meta.url));
const IDCS = ['hz1', 'hz2', 'sh1'] as const;

export async function demo(args: DemoArguments): Promise<number> {
  const base = Number(args.portBase);
  if (!Number.isInteger(base) || base % 1000 !== 0 || base < 2000 || base > 64_000) {
    throw usageError('--port-base is a multiple of 1000 from 2000 to 64000');
  }
  const state = mkdtempSync(join(tmpdir(), 'zonegate-demo-'));
  const env = {
    ZONEGATE_PORTS: String(base / 1000),
    ZONEGATE_ACCESS_LOG: 'off',
    ZONEGATE_STATE: state,
  };
  const loaded = loadConfig(CONFIG, { ...process.env, ...env });
  if (!loaded.ok) throw new CommandError(loaded.error.map(issueText).join('\n'), EXIT.badConfig);
  const { snapshot } = loaded.value;
  const apps = new SampleApps();
  const gates: GateProcess[] = [];
  const stopAll = async (): Promise<void> => {
    await Promise.all(gates.map((g) => g.stop()));
    apps.stop();
  };
  const interrupted = untilSignal();
  try {
    await apps.start(snapshot.topology);
    if (snapshot.mirror !== null) await apps.startCopyTargets(snapshot.mirror);
    for (const idc of IDCS) gates.push(new GateProcess(idc, adminOf(snapshot, idc), CONFIG, env));
    await Promise.all(gates.map((g) => g.ready()));
    await Promise.all(gates.map((g) => g.meetsPeers()));
    say(
      `${apps.count} sample apps and ${gates.length} gates are up (configuration: configs/ldc)\n`,
    );
    const wrong = await tour(snapshot);
    if (args.once === true) return wrong === 0 ? EXIT.ok : EXIT.failure;
    sayCurl(snapshot);
    await interrupted;
    return EXIT.ok;
  } catch (error) {
    throw new CommandError(
      troubleText(error as NodeJS.ErrnoException & { port?: number }, base),
      EXIT.failure,
    );
  } finally {
    await stopAll();
    rmSync(state, { recursive: true, force: true });
  }
}

async function tour(snapshot: Snapshot): Promise<number> {
  const gates = {
    hz1: outer(snapshot, 'hz1'),
    hz2: outer(snapshot, 'hz2'),
    sh1: outer(snapshot, 'sh1'),
  };
  const inner = listenerOf(snapshot, 'hz1', 'app');
  const [hz1, hz2, sh1] = IDCS;
  const operator = new Operator([
    adminOf(snapshot, hz1),
    adminOf(snapshot, hz2),
    adminOf(snapshot, sh1),
  ]);
  const t = new Tour({ snapshot, gates, inner, operator, say });
  await t.run();
  say(`\n${t.steps - t.wrong} of ${t.steps} steps as they should be`);
  return t.wrong;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const outer = (snapshot: Snapshot, idc: string): Address => listenerOf(snapshot, idc, 'external');

function listenerOf(snapshot: Snapshot, idc: string, from: string): Address {
  return snapshot.gate.listeners.find((l) => l.idc === idc && l.from === from)!.address;
}

function adminOf(snapshot: Snapshot, idc: string): Address {
  return snapshot.gate.admin.find((a) => a.idc === idc)!.address;
}

function sayCurl(snapshot: Snapshot): void {
  const hz1 = outer(snapshot, 'hz1').text;
  const sh1 = outer(snapshot, 'sh1').text;
  say(`
Try it (another terminal):
  curl -s -H 'Host: shop.example' http://${hz1}/                          # unknown user: RZ01 or RZ02
  curl -s -H 'Host: shop.example' http://${hz1}/u/2088000000000680/orders  # shard 68 lives in RZ04, over a peer gate
  curl -s -H 'Host: shop.example' -c jar -b jar -d user=2088000000000250 http://${hz1}/login
  curl -s -H 'Host: shop.example' -c jar -b jar http://${sh1}/orders       # back to RZ02 in hz1, by the cookie
  curl -s http://${adminOf(snapshot, 'hz1').text}/metrics | grep zonegate_requests
  curl -s http://${adminOf(snapshot, 'hz1').text}/status
  npm run -s zonegate -- explain -c configs/ldc --idc hz1 http://shop.example/u/2088000000000680/orders

Ctrl-C ends it.`);
}

/** Resolves at the first SIGINT or SIGTERM. */
const untilSignal = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });

function troubleText(error: NodeJS.ErrnoException & { port?: number }, base: number): string {
  if (error.code === 'EADDRINUSE') {
    return `port ${error.port ?? ''} is taken by another program. Choose other ports: npm start -- --port-base ${base === 28_000 ? 38_000 : 28_000}`;
  }
  return error.message;
}
