/** Before anything is timed: does the candidate do the work that it is compared for? */
import { type IncomingHttpHeaders, request } from 'node:http';
import { ownersOf, SHARDS, zoneNames } from '../candidates/candidate.ts';
import { ECHO_PATH, ECHOED, LARGE_BYTES, SMALL_BYTES } from '../candidates/origin.ts';
import type { Load } from '../measure.ts';
import type { Contestant, LoadScenario } from '../scenarios.ts';
import { API_BODY, ATTACK } from './api-requests.ts';
import { SHARD } from './contest.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const TIMEOUT_MS = 10_000;

function ask(port: number, path: string, headers: Load['headers'], body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === '' ? 'GET' : 'POST';
    const length = body === '' ? {} : { 'content-length': body.length };
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, headers: { ...headers, ...length }, agent: false },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        );
      },
    );
    outgoing.setTimeout(TIMEOUT_MS, () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Throws when it does not. */
export async function mustDoTheWork(
  port: number,
  scenario: LoadScenario,
  contestant: Contestant,
  load: Load,
): Promise<void> {
  if (scenario.request === 'upload') {
    const { status, headers } = await ask(port, load.path, load.headers, 'x'.repeat(LARGE_BYTES));
    const read = Number(headers['x-body-bytes']);
    if (status !== 204 || read !== LARGE_BYTES)
      throw new Error(`an upload gave ${status}, and the origin has read ${read} bytes`);
    return;
  }
  if (scenario.request === 'api-get' || scenario.request === 'api-post')
    return judgeFirewall(port, contestant, load, scenario.request === 'api-post' ? API_BODY : '');
  const { status, body } = await ask(port, load.path, load.headers);
  const length = scenario.request === 'large' ? LARGE_BYTES : SMALL_BYTES;
  if (status !== 200 || body.length !== length)
    throw new Error(`${load.path} gave ${status} with ${body.length} bytes, not ${length}`);
  if (contestant.work.routing === 'routed' && scenario.request !== 'list')
    judgeEcho(await ask(port, ECHO_PATH, load.headers), contestant);
}

/** The load passes, and an attack in the same place does not: so somebody has looked there. */
async function judgeFirewall(
  port: number,
  { work }: Contestant,
  { path, headers }: Load,
  body: string,
): Promise<void> {
  const passed = await ask(port, path, headers, body);
  if (passed.status !== 200 || passed.body.length !== SMALL_BYTES)
    throw new Error(`${path} gave ${passed.status} with ${passed.body.length} bytes`);
  const attack =
    body === ''
      ? await ask(port, `${path}&note=${encodeURIComponent(ATTACK)}`, headers)
      : await ask(port, path, headers, JSON.stringify({ note: ATTACK }));
  const wanted = work.firewall ? 403 : 200;
  if (attack.status !== wanted) throw new Error(`an attack gave ${attack.status}, not ${wanted}`);
}

/** The fields that the routing work adds must have come to the origin. */
function judgeEcho({ status, headers, body }: Answer, { work }: Contestant): void {
  if (status !== 200) throw new Error(`${ECHO_PATH} gave ${status}`);
  const echoed = JSON.parse(body) as Readonly<Record<string, string>>;
  const missing = ECHOED.filter((field) => (echoed[field] ?? '') === '');
  if (missing.length > 0) throw new Error(`the origin has not got ${missing.join(', ')}`);
  const zone = ownersOf(zoneNames(work.zones), SHARDS)[SHARD];
  if (echoed['x-ldc-zone'] !== zone || echoed['x-ldc-shard'] !== String(SHARD))
    throw new Error(`shard ${SHARD} of ${zone ?? ''} has come as ${body}`);
  if (headers.via === undefined) throw new Error('the answer has no Via');
}
