/** Nanoseconds per call of the pure parts: the decision and the head parser. */
import { fileURLToPath } from 'node:url';
import { decide } from '../src/decide/index.ts';
import { factsFrom } from '../src/model/facts.ts';
import type { IdcId } from '../src/model/ids.ts';
import { loadConfig } from '../src/shell/config/load.ts';
import { RequestHead } from '../src/shell/http1/request-head.ts';
import { spread } from './figures.ts';
import type { PartsResult } from './results.ts';

const RUNS = 5;

/** The median of several runs. */
function nanoseconds(calls: number, call: () => void): number {
  for (let i = 0; i < calls / 10; i++) call();
  const runs = Array.from({ length: RUNS }, () => {
    const from = performance.now();
    for (let i = 0; i < calls; i++) call();
    return ((performance.now() - from) * 1e6) / calls;
  });
  return Math.round(spread(runs)!.median);
}

/** On the reference configuration. */
export function pureParts(calls: number): PartsResult['parts'] {
  const directory = fileURLToPath(new URL('../configs/ldc', import.meta.url));
  const loaded = loadConfig(directory, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  const { snapshot } = loaded.value;
  const common = {
    host: 'shop.example',
    entryIdc: 'hz1' as IdcId,
    receivedAtMs: Date.now(),
    dice: 0.4,
  };
  const cookie = `theme=dark; ${snapshot.gate.cookie.name}=${snapshot.cookieOfShard[25]}; lang=en`;
  const byCookie = factsFrom({ ...common, path: '/api/orders', headers: [['cookie', cookie]] });
  const byUid = factsFrom({ ...common, path: '/u/2088000000000680/orders' });
  const unknown = factsFrom({ ...common, path: '/' });
  const head = new RequestHead();
  const bytes = Buffer.from(
    `GET /api/orders?page=2 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept: application/json\r\nAccept-Language: en\r\nAccept-Encoding: gzip, br\r\nReferer: https://shop.example/\r\nCookie: ${cookie}\r\nX-Requested-With: XMLHttpRequest\r\nConnection: keep-alive\r\n\r\n`,
    'latin1',
  );
  const { limits } = snapshot.gate;
  const parts: readonly (readonly [string, () => void])[] = [
    ['decide, route cookie', () => void decide(byCookie, snapshot)],
    ['decide, uid in the path', () => void decide(byUid, snapshot)],
    ['decide, unknown user', () => void decide(unknown, snapshot)],
    [
      `parse a head of ${bytes.length} bytes`,
      () => void head.parse(bytes, 0, bytes.length, limits),
    ],
  ];
  return parts.map(([name, call]) => ({ name, nanoseconds: nanoseconds(calls, call) }));
}
