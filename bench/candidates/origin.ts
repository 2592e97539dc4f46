/** What stands behind the candidates, on the core of the load. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Running, type Site, server } from './candidate.ts';
import { writeNginxConf } from './nginx.ts';

export const SMALL_BYTES = 1024;
export const LARGE_BYTES = 1024 * 1024;
/** A document of JSON of the small size, to whatever method. */
export const API_PATH = '/api/v1/';
/** Says in a line of JSON which fields of the routing work have arrived. */
export const ECHO_PATH = '/echo';
export const ECHOED = ['x-ldc-zone', 'x-ldc-shard', 'x-forwarded-for', 'x-request-id', 'via'];

const API_ANSWER = JSON.stringify({ pad: '' }).replace('""', `"${'x'.repeat(SMALL_BYTES - 10)}"`);

/** 1 MiB under /large, 1 KiB under every other path. */
export function startOrigin(port: number, site: Pick<Site, 'folder' | 'processes'>) {
  const { folder, processes } = site;
  writeFileSync(join(folder, 'small'), 'x'.repeat(SMALL_BYTES));
  writeFileSync(join(folder, 'large'), 'x'.repeat(LARGE_BYTES));
  const fields = ECHOED.map((f) => `"${f}":"$http_${f.replaceAll('-', '_')}"`).join(',');
  const http = `access_log off; sendfile on; open_file_cache max=10;
server {
  listen 127.0.0.1:${port} backlog=4096;
  root ${folder};
  location = ${ECHO_PATH} { return 200 '{${fields}}'; }
  location ${API_PATH} { default_type application/json; return 200 '${API_ANSWER}'; }
  location = /large { }
  location / { try_files /small =404; }
}`;
  const conf = writeNginxConf(folder, 'origin', http, 8000);
  return server('origin', port, site, () => processes.start('load', 'nginx', ['-c', conf]));
}

const SINK = fileURLToPath(new URL('../load/sink.ts', import.meta.url));

/** Reads every body to its end before it answers, and says how much it was. */
export const startSink = (port: number, site: Pick<Site, 'processes'>): Promise<Running> =>
  server('sink', port, site, () =>
    site.processes.start('load', process.execPath, [SINK, String(port)]),
  );
