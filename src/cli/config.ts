import type { IdcId } from '../model/ids.ts';
import { nearestName } from '../model/issue.ts';
import { loadConfig } from '../shell/config/load.ts';
import type { Compiled } from '../snapshot/compile.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { Forge } from '../waf/forge.ts';
import { CommandError, EXIT, usageError } from './exit.ts';
import { issueText } from './issues-text.ts';

/** Loads a configuration, or ends the command with all its issues. */
export const mustLoad = (directory: string): Compiled => loadWithForge(directory).compiled;

/** With what its firewall's rules were compiled in, for whoever compiles them otherwise, too. */
export function loadWithForge(directory: string): { compiled: Compiled; forge: Forge } {
  const forge = new Forge();
  const loaded = loadConfig(directory, process.env, forge);
  if (loaded.ok) return { compiled: loaded.value, forge };
  throw new CommandError(
    `${loaded.error.map(issueText).join('\n')}\n${countText(loaded.error.filter((i) => i.severity === 'error').length)} in ${directory}`,
    EXIT.badConfig,
  );
}

export const countText = (errors: number): string =>
  `${errors} ${errors === 1 ? 'error' : 'errors'}`;

/** Which IDC a command speaks for; the topology's only one needs no naming. */
export function mustFindIdc(given: string | undefined, snapshot: Snapshot): IdcId {
  const known = [...snapshot.topology.idcs.keys()];
  if (given === undefined || given === '') {
    const [only] = known;
    if (known.length === 1 && only !== undefined) return only;
    throw usageError(
      `say which IDC this gate is in: --idc or ZONEGATE_IDC, one of ${known.join(', ')}`,
    );
  }
  const found = known.find((id) => id === given);
  if (found !== undefined) return found;
  const near = nearestName(given, known);
  throw usageError(
    `IDC ${given} is not in the topology; it has ${known.join(', ')}${near === undefined ? '' : `. Did you mean ${near}?`}`,
  );
}
