import { Gate } from '../main.ts';
import type { IdcId } from '../model/ids.ts';
import { guardBacktracking } from '../shell/waf/backtrack-guard.ts';
import type { Snapshot } from '../snapshot/index.ts';
import type { Forge } from '../waf/forge.ts';
import { loadWithForge, mustFindIdc } from './config.ts';
import { CommandError, EXIT, usageError } from './exit.ts';
import { issueText } from './issues-text.ts';
import { VERSION } from './version.ts';

export interface RunArguments {
  readonly config: string;
  readonly idc?: string | undefined;
  readonly gate?: string | undefined;
}

/** Serves until SIGTERM or SIGINT; a second one does not wait. */
export async function run(args: RunArguments): Promise<number> {
  guardBacktracking();
  const { compiled, forge } = loadWithForge(args.config);
  const { snapshot, warnings } = compiled;
  const idc = mustFindIdc(args.idc, snapshot);
  for (const warning of warnings) process.stderr.write(`${issueText(warning)}\n`);
  if (args.gate !== undefined && !GATE_NAME.test(args.gate))
    throw usageError('--gate is up to 64 letters, digits, dots or hyphens');
  const gate = await started(args.config, idc, { first: snapshot, forge }, args.gate);
  process.on('SIGHUP', () => {
    gate.reopenLogs();
    gate.reload('SIGHUP');
  });
  return new Promise((resolve) => {
    let asked = false;
    const stop = (): void => {
      if (asked) process.exit(EXIT.failure);
      asked = true;
      void gate.stop().then(() => resolve(EXIT.ok));
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}

/** It travels in commands, log lines and file names. */
const GATE_NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/;

async function started(
  directory: string,
  idc: IdcId,
  loaded: { readonly first: Snapshot; readonly forge: Forge },
  name: string | undefined,
): Promise<Gate> {
  try {
    const gate = new Gate({
      directory,
      idc,
      ...loaded,
      env: process.env,
      version: VERSION,
      gate: name,
    });
    await gate.start();
    return gate;
  } catch (error) {
    throw new CommandError(bindText(error as NodeJS.ErrnoException), EXIT.failure);
  }
}

function bindText(error: NodeJS.ErrnoException & { address?: string; port?: number }): string {
  const where = error.address === undefined ? '' : ` ${error.address}:${error.port}`;
  if (error.code === 'EADDRINUSE') return `can't listen on${where}: another program does already`;
  if (error.code === 'EACCES')
    return `can't listen on${where}: not permitted; ports below 1024 need CAP_NET_BIND_SERVICE`;
  return `can't start: ${error.message}`;
}
