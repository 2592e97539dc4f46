import { fail } from '../model/result.ts';
import { loadConfig } from '../shell/config/load.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { Forge } from '../waf/forge.ts';
import { firewallLines, firewallSummary } from './check-firewall.ts';
import { countText } from './config.ts';
import { EXIT } from './exit.ts';
import { issueText } from './issues-text.ts';
import { rateFileIssues } from './rate-files.ts';

export interface CheckArguments {
  readonly config: string;
  readonly json?: boolean | undefined;
  /** Each rule of the firewall that never hits, or has a risky pattern. */
  readonly verbose?: boolean | undefined;
}

export async function check(args: CheckArguments): Promise<number> {
  const forge = new Forge();
  const loaded = await loadAll(args.config, forge);
  const issues = loaded.ok ? loaded.value.warnings : loaded.error;
  if (args.json === true) {
    process.stdout.write(
      `${JSON.stringify({ ok: loaded.ok, issues, ...(loaded.ok ? { summary: { ...summary(loaded.value.snapshot), firewall: firewallSummary(loaded.value.snapshot, forge) } } : {}) }, null, 2)}\n`,
    );
    return loaded.ok ? EXIT.ok : EXIT.badConfig;
  }
  for (const issue of issues) process.stderr.write(`${issueText(issue)}\n`);
  if (!loaded.ok) {
    process.stderr.write(
      `${countText(issues.filter((i) => i.severity === 'error').length)} in ${args.config}\n`,
    );
    return EXIT.badConfig;
  }
  const s = summary(loaded.value.snapshot);
  process.stdout.write(
    `ok: ${s.cities} cities, ${s.idcs} IDCs, ${s.zones} zones, ${s.shards} shards, ${s.routes} routes, epoch ${s.epoch}\n`,
  );
  const firewall = firewallSummary(loaded.value.snapshot, forge);
  if (firewall !== null)
    process.stdout.write(`${firewallLines(firewall, args.verbose === true).join('\n')}\n`);
  return EXIT.ok;
}

/** List files too, which a running gate reads beside its configuration. */
async function loadAll(directory: string, forge: Forge): Promise<ReturnType<typeof loadConfig>> {
  const loaded = loadConfig(directory, process.env, forge);
  if (!loaded.ok || loaded.value.snapshot.rates === null) return loaded;
  const issues = await rateFileIssues(loaded.value.snapshot.rates, directory);
  return issues.length === 0 ? loaded : fail([...issues, ...loaded.value.warnings]);
}

function summary({ topology, rules, routes }: Snapshot) {
  return {
    cities: topology.cities.size,
    idcs: topology.idcs.size,
    zones: topology.zones.size,
    shards: rules.owners.length,
    routes: routes.routes.length,
    epoch: rules.epoch,
  };
}
