// Finds or fetches what tests need besides npm packages. Nothing is skipped in silence: what can't be
// had ends the run with the command that installs it.
import { spawnSync } from 'node:child_process';
import { say } from '../setup.mjs';
import { fetchedPath, fetchFromDebian } from './debian.mjs';
import { PROGRAMS } from './programs.mjs';

const answers = (file, { asks, exits = 0 }) =>
  spawnSync(file, asks, { stdio: 'ignore' }).status === exits;

/** Environment variables that name a program that starts, for each program. */
export function provision() {
  const found = {};
  for (const program of PROGRAMS) {
    const path = find(program);
    if (path !== undefined) found[program.variable] = path;
  }
  const missing = PROGRAMS.filter((p) => found[p.variable] === undefined);
  if (missing.length > 0) {
    const names = missing.map((p) => p.names[0]).join(', ');
    say(`${names}: not found, fetching Debian’s packages without root`);
    fetchFromDebian(missing);
    const lacking = missing.filter((p) => !answers(fetchedPath(p), p));
    for (const { variable, names } of lacking.filter((p) => p.optional))
      say(
        `${names[0]}: not found, and could not be fetched. Tests that need ${variable} are skipped`,
      );
    const needed = lacking.filter((p) => !p.optional);
    if (needed.length > 0) fail(needed);
    for (const program of missing.filter((p) => !lacking.includes(p)))
      found[program.variable] = fetchedPath(program);
  }
  for (const [variable, path] of Object.entries(found)) say(`${variable}=${path}`);
  return found;
}

function find(program) {
  const named = process.env[program.variable];
  if (named !== undefined && named !== '') {
    if (answers(named, program)) return named;
    fail([program], `${program.variable}=${named} does not run`);
  }
  return [...program.names, fetchedPath(program)].find((file) => answers(file, program));
}

function fail(programs, why = 'not found, and could not be fetched') {
  say(`${programs.map((p) => p.names[0]).join(', ')}: ${why}. Install, then run again:`);
  say(`    Debian, Ubuntu:  sudo apt-get install -y ${programs.map((p) => p.debian[0]).join(' ')}`);
  const brewed = programs.filter((p) => p.brew !== undefined);
  if (brewed.length > 0)
    say(`    macOS:           brew install ${brewed.map((p) => p.brew).join(' ')}`);
  for (const { names, from } of programs.filter((p) => p.from !== undefined))
    say(`    from source:     ${names[0]}, ${from}`);
  for (const { names, variable } of programs)
    say(`    elsewhere:       set ${variable} to the path of ${names.slice(0, 2).join(' or ')}`);
  process.exit(1);
}
