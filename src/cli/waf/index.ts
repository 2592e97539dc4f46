/** `zonegate waf`: what the firewall makes of a request, and what to make of its events. */
import { type Command, Option } from 'commander';
import { type ReportArguments, wafReport } from './report.ts';
import { type TestArguments, wafTest } from './test.ts';

export function addWaf(program: Command, done: (code: Promise<number>) => void): void {
  const waf = program.command('waf').description('requests before the firewall, and its events');
  const json = (): Option => new Option('--json', 'report as JSON');
  waf
    .command('test')
    .description('one request’s verdict, rule by rule; ends with 1 where mode block refuses it')
    .argument('<file>', 'a request as it travels, or - for standard input')
    .addOption(
      new Option('-c, --config <dir>', 'directory of YAML documents')
        .env('ZONEGATE_CONFIG')
        .makeOptionMandatory(),
    )
    .addOption(new Option('--idc <name>', 'the gate’s IDC; the first one').env('ZONEGATE_IDC'))
    .option('--policy <name>', 'instead of the route’s')
    .option('--answer <file>', 'what the application answers, for rules that look at it')
    .option('--client <ip>', 'address of the TCP peer', '127.0.0.1')
    .option('--from <kind>', 'listener it comes by: external or app', 'external')
    .option('--full', 'values whole, secrets too')
    .option('--verbose', 'rules that only set something up, too')
    .addOption(json())
    .action((file: string, o: TestArguments) => done(wafTest(file, o)));
  waf
    .command('report')
    .description('which rules hit where, and an exclusion for each, to paste into a policy')
    .argument('<files...>', 'audit events, one JSON line each; - for standard input')
    .option('--since <time>', 'only events of the last 24h, 30m, 7d')
    .option('--min <n>', 'only what was seen so often', '1')
    .option('--top <n>', 'so many rows', '20')
    .addOption(json())
    .action((files: string[], o: ReportArguments) => done(wafReport(files, o)));
}
