import { Command, CommanderError, Option } from 'commander';
import { type CheckArguments, check } from './check.ts';
import { type DemoArguments, demo } from './demo/index.ts';
import { CommandError, EXIT } from './exit.ts';
import { type ExplainArguments, explain } from './explain.ts';
import { type RunArguments, run } from './run.ts';
import { schema } from './schema.ts';
import { type SimulateArguments, simulate } from './simulate.ts';
import { type FleetArguments, simulateFleet } from './simulate-fleet.ts';
import { addSwitchCommands } from './switches/index.ts';
import { type TokenArguments, token } from './token.ts';
import { VERSION } from './version.ts';
import { addWaf } from './waf/index.ts';

const config = (): Option =>
  new Option('-c, --config <dir>', 'directory of YAML documents')
    .env('ZONEGATE_CONFIG')
    .makeOptionMandatory();
const idc = (): Option => new Option('--idc <name>', 'the IDC this gate is in').env('ZONEGATE_IDC');
const json = (): Option => new Option('--json', 'report as JSON');
const collect = (value: string, before: readonly string[]): string[] => [...before, value];

function program(done: (code: number | Promise<number>) => void): Command {
  const p = new Command('zonegate')
    .description('Layer-7 access proxy that sends every request to the zone that owns its user.')
    .version(VERSION)
    .showHelpAfterError('(zonegate --help lists the commands)')
    .exitOverride();
  p.command('run')
    .description('serve')
    .addOption(config())
    .addOption(idc())
    .addOption(
      new Option('--gate <name>', 'name in the fleet; IDC and host by default').env(
        'ZONEGATE_GATE',
      ),
    )
    .action((o: RunArguments) => done(run(o)));
  p.command('check')
    .description('judge a configuration: every mistake at once')
    .addOption(config())
    .option('--verbose', 'rules of the firewall that never hit, or have risky patterns, by place')
    .addOption(json())
    .action((o: CheckArguments) => done(check(o)));
  p.command('explain')
    .description('why a request goes where it goes')
    .argument('[url]', 'http://host/path?query')
    .addOption(config())
    .addOption(idc())
    .option('-H, --header <line>', '"name: value", again for more', collect, [])
    .option('--cookie <text>', 'a Cookie field: "name=value; …"')
    .option('--method <name>', 'request method', 'GET')
    .option('--client <ip>', 'address of the TCP peer', '127.0.0.1')
    .option('--from <kind>', 'listener it comes by: external or app', 'external')
    .option('--dice <n>', 'the draw for unknown users, 0 to below 1', '0')
    .option(
      '--log <line>',
      'a line of the access log instead of a URL; - reads it from standard input',
    )
    .option(
      '--board <file>',
      'with the switches of this board, as `zonegate board` prints it; - reads it',
    )
    .addOption(json())
    .action((url: string | undefined, o: ExplainArguments) => done(explain(url, o)));
  p.command('simulate')
    .description('what changes between two configurations, by a plan, or in a fleet under faults')
    .addOption(config())
    .option('--against <dir>', 'the configuration that would take its place')
    .option('--plan <name>', 'or: what this declared plan would do; a fleet begins with it')
    .option('--uid <uid>', 'show this user before and after, again for more', collect, [])
    .option('--fleet <gates>', 'or: so many gates under random commands and faults')
    .option('--seed <text>', 'of the fleet: the same seed, the same history', '1')
    .option('--steps <n>', 'of the fleet: requests, commands and faults', '4000')
    .addOption(json())
    .action((o: SimulateArguments & Omit<FleetArguments, 'fleet'> & { fleet?: string }) =>
      done(o.fleet === undefined ? simulate(o) : simulateFleet({ ...o, fleet: o.fleet })),
    );
  addSwitchCommands(p, done);
  addWaf(p, done);
  p.command('schema')
    .description('JSON Schema of the documents, for editors')
    .argument(
      '[kind]',
      'Topology, Rules, Routes, Gate, Upstreams, Fleet, Plan, Stress or Firewall; all when absent',
    )
    .action((kind: string | undefined) => done(schema(kind)));
  p.command('token')
    .description('a signed pass for a person, to force a zone')
    .addOption(config())
    .requiredOption('--operator <name>', 'who he is, for the access log')
    .option('--for <time>', 'how long it is good: 30s, 10m, 2h', '10m')
    .action((o: TokenArguments) => done(token(o)));
  p.command('demo')
    .description('two cities, three gates and their apps on this machine, with a guided tour')
    .option('--once', 'end after the tour; exit code 1 if an answer was wrong')
    .option('--port-base <n>', 'first port, a multiple of 1000', '18000')
    .action((o: DemoArguments) => done(demo(o)));
  p.command('version')
    .description('print the version')
    .addOption(json())
    .action((o: { json?: boolean }) => {
      process.stdout.write(
        o.json === true
          ? `${JSON.stringify({ zonegate: VERSION, node: process.version })}\n`
          : `${VERSION}\n`,
      );
      done(EXIT.ok);
    });
  return p;
}

/** @returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let result: Promise<number> = Promise.resolve(EXIT.ok);
  try {
    await program((code) => {
      result = Promise.resolve(code);
    }).parseAsync([...argv], { from: 'user' });
    return await result;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CommandError) {
      process.stderr.write(`${error.message}\n`);
      const { message, exitCode, details } = error;
      if (argv.includes('--json'))
        process.stdout.write(
          `${JSON.stringify({ error: message, exitCode, ...details }, null, 2)}\n`,
        );
      return exitCode;
    }
    throw error;
  }
}
