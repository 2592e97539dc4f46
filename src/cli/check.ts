import { loadConfig } from '../shell/config/load.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { countText } from './config.ts';
import { EXIT } from './exit.ts';
import { issueText } from './issues-text.ts';

export interface CheckArguments {
  readonly config: string;
  readonly json?: boolean | undefined;
}

export function check(args: CheckArguments): number {
  const loaded = loadConfig(args.config, process.env);
  const issues = loaded.ok ? loaded.value.warnings : loaded.error;
  if (args.json === true) {
    process.stdout.write(
      `${JSON.stringify({ ok: loaded.ok, issues, ...(loaded.ok ? { summary: summary(loaded.value.snapshot) } : {}) }, null, 2)}\n`,
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
  return EXIT.ok;
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
