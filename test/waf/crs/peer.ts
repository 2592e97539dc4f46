/** The field's usual peer as a gate to run a suite against: nginx with libmodsecurity 3. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { crsFolder } from '../../../bench/candidates/crs.ts';
import {
  modsecurityRules,
  type RuleSetup,
  unicodeMapOf,
} from '../../../bench/candidates/modsecurity-rules.ts';
import { freePort } from '../../support/ports.ts';
import { type AuditEntry, hitsFromAudit } from './audit-file.ts';
import { SUITE_SETUP } from './crs-setup.ts';
import type { HitsOf } from './hits.ts';
import { MARKER_HEADER } from './request-bytes.ts';
import type { Address } from './send.ts';

export interface Peer {
  readonly gate: Address;
  readonly hitsOf: HitsOf;
  stop(): Promise<void>;
}

const SUITE = { engine: 'DetectionOnly', setup: SUITE_SETUP } as const;
const START_PATIENCE_MS = 30_000;

/** @param program nginx with the module loaded; scripts/provision/modsecurity.mjs finds one */
export async function startPeer(
  program: string,
  upstream: number,
  { engine, setup }: Pick<RuleSetup, 'engine' | 'setup'> = SUITE,
): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'zonegate-peer-'));
  const auditLog = join(folder, 'audit.log');
  const gate = { host: '127.0.0.1', port: await freePort() };
  writeFileSync(
    join(folder, 'rules.conf'),
    modsecurityRules({
      crs: crsFolder(),
      engine,
      setup,
      auditLog,
      unicodeMap: unicodeMapOf(program),
    }),
  );
  const conf = join(folder, 'nginx.conf');
  writeFileSync(conf, nginxConf(folder, gate.port, upstream));
  const child = spawn(program, ['-e', 'stderr', '-c', conf], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (d: Buffer) => (said = (said + d.toString()).slice(-4000)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  if (!(await listens(gate, child))) {
    await stop();
    throw new Error(`${program} does not serve: ${said}`);
  }
  const log = { file: auditLog, entryOf, gate, surelyHit: '/?file=/etc/passwd' };
  return { gate, hitsOf: hitsFromAudit(log), stop };
}

const nginxConf = (folder: string, port: number, upstream: number): string => `
daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 256; }
http {
  access_log off; merge_slashes off; underscores_in_headers on; ignore_invalid_headers off;
  lingering_close off; large_client_header_buffers 8 64k; client_max_body_size 20m;
  client_body_timeout 2s; client_header_timeout 2s;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server {
    listen 127.0.0.1:${port};
    modsecurity on; modsecurity_rules_file ${folder}/rules.conf;
    location / { proxy_http_version 1.1; proxy_pass http://127.0.0.1:${upstream}; }
  }
}
`;

async function listens({ host, port }: Address, child: ChildProcess): Promise<boolean> {
  const deadline = performance.now() + START_PATIENCE_MS;
  while (child.exitCode === null && performance.now() < deadline) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, host, () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return true;
    await pause(50);
  }
  return false;
}

const MESSAGE = z.object({
  message: z.string(),
  details: z.object({ ruleId: z.string(), data: z.string() }),
});
const ENTRY = z.object({
  transaction: z.object({
    request: z.object({ headers: z.record(z.string(), z.unknown()).optional() }),
    messages: z.array(MESSAGE),
  }),
});

/** One line of libmodsecurity's JSON log. */
function entryOf(line: unknown): AuditEntry | null {
  const { request, messages } = ENTRY.parse(line).transaction;
  const wanted = MARKER_HEADER.toLowerCase();
  const marker = Object.entries(request.headers ?? {}).find(
    ([name]) => name.toLowerCase() === wanted,
  )?.[1];
  if (typeof marker !== 'string') return null;
  return {
    marker,
    hits: messages.map(({ message, details }) => ({
      id: Number(details.ruleId),
      message,
      data: details.data,
    })),
  };
}
