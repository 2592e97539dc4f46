/** What clients do, good and bad, as data: each visit is one connection's life, and checks its answers. */
import { setTimeout as pause } from 'node:timers/promises';
import { FOREIGN } from '../support/relay-faults.ts';
import { BrokenOff, type Caller, must } from './caller.ts';
import { FAULTY, SHOP, zoneOf } from './config.ts';
import { bodyFor, digestOf } from './origin.ts';

const MIB = 1024 * 1024;
const below = (n: number): number => Math.trunc(Math.random() * n);
const noise = Buffer.from(bodyFor('0123456789abcdef-zonegate', 2 * MIB), 'latin1');
const uidAtRandom = (): string => `20880000${String(below(100_000)).padStart(5, '0')}`;
const framing = (): string => (below(2) === 0 ? 'length' : 'chunked');

interface Get {
  readonly uid: string;
  readonly target: string;
  readonly body: string;
}
function getFor(uid: string, bytes: number, more = ''): Get {
  const target = `/u/${uid}/x?bytes=${bytes}&framing=${framing()}&n=${below(1e9)}${more}`;
  return { uid, target, body: bodyFor(target, bytes) };
}
const anyGet = (mostBytes: number): Get => getFor(uidAtRandom(), below(mostBytes));
const headOf = ({ target }: Get, more = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${SHOP}\r\n${more}\r\n`;

function difference(got: string, wanted: string): string {
  let at = 0;
  while (at < got.length && got[at] === wanted[at]) at++;
  return `from byte ${at} ${JSON.stringify(got.slice(at, at + 100))}`;
}

/** The right body, from the right zone. @returns the head of the answer */
async function check(caller: Caller, { uid, body, target }: Get): Promise<string> {
  const answer = await caller.answer('GET');
  must(answer.status === 200, () => `${answer.status} to ${target}: ${answer.head}${answer.body}`);
  must(answer.body === body, () => `another body to ${target}: ${difference(answer.body, body)}`);
  const zone = /^X-Zone: (\w+)\r$/m.exec(answer.head)?.[1];
  must(zone === zoneOf(uid), () => `zone ${zone ?? 'none'} for ${uid}`);
  return answer.head;
}

async function keepAlive(caller: Caller): Promise<void> {
  for (let i = below(20); i >= 0; i--) {
    const get = anyGet(20_000);
    await check(caller.send(headOf(get)), get);
  }
}

async function withCookie(caller: Caller): Promise<void> {
  const uid = uidAtRandom();
  const login = getFor(uid, 100, `&login=${uid}`);
  const head = await check(caller.send(headOf(login)), login);
  const cookie = /^Set-Cookie: (LDC_ROUTE=[^;\r]+)/m.exec(head)?.[1];
  must(cookie !== undefined, () => `no cookie for ${uid}: ${head}`);
  for (let i = below(10); i >= 0; i--) {
    const target = `/orders?bytes=500&n=${below(1e9)}`;
    const get = { uid, target, body: bodyFor(target, 500) };
    await check(caller.send(headOf(get, `Cookie: a=b; ${cookie ?? ''}\r\n`)), get);
  }
}

async function pipelined(caller: Caller): Promise<void> {
  const gets = Array.from({ length: 2 + below(10) }, () => anyGet(5000));
  caller.send(gets.map((g) => headOf(g)).join(''));
  for (const get of gets) await check(caller, get);
}

async function shortConnection(caller: Caller): Promise<void> {
  const get = anyGet(2000);
  await check(caller.send(headOf(get, 'Connection: close\r\n')), get);
  await caller.closed();
}

async function oldClient(caller: Caller): Promise<void> {
  const get = anyGet(20_000);
  await check(caller.send(`GET ${get.target} HTTP/1.0\r\nHost: ${SHOP}\r\n\r\n`), get);
  await caller.closed();
}

async function dribbledHead(caller: Caller): Promise<void> {
  const get = anyGet(1000);
  for (const part of headOf(get).match(/.{1,20}/gs) ?? []) {
    caller.send(part);
    await pause(10);
  }
  await check(caller, get);
}

/** More than the kernel's buffers on the way hold, so that the gates must hold back. */
const MORE_THAN_BUFFERS = 8 * MIB;

async function slowReader(caller: Caller): Promise<void> {
  const get = getFor(uidAtRandom(), MORE_THAN_BUFFERS);
  caller.send(headOf(get));
  const answered = check(caller, get);
  answered.catch(() => undefined);
  for (let i = 0; i < 10; i++) {
    caller.socket.pause();
    await pause(100);
    caller.socket.resume();
    await pause(10);
  }
  await answered;
}

const postHead = (host: string, framing: string): string =>
  `POST /u/${uidAtRandom()}/p HTTP/1.1\r\nHost: ${host}\r\n${framing}\r\n\r\n`;
/** Most are small, some are 2 MiB. */
const anyBody = (): Buffer => noise.subarray(0, below(4) === 0 ? below(2 * MIB) : below(20_000));

async function checkPost(caller: Caller, body: Buffer): Promise<void> {
  const answer = await caller.answer('POST');
  must(answer.status === 200 && answer.body === digestOf(body), () => answer.head + answer.body);
}

async function post(caller: Caller): Promise<void> {
  for (let i = below(3); i >= 0; i--) {
    const body = anyBody();
    await caller.push(postHead(SHOP, `Content-Length: ${body.length}`));
    await caller.push(body);
    await checkPost(caller, body);
  }
}

async function postChunked(caller: Caller): Promise<void> {
  const body = anyBody();
  await caller.push(postHead(SHOP, 'Transfer-Encoding: chunked'));
  for (let at = 0; at < body.length; ) {
    const part = body.subarray(at, at + 1 + below(100_000));
    at += part.length;
    await caller.push(`${part.length.toString(16)};x=y\r\n`);
    await caller.push(part);
    await caller.push('\r\n');
  }
  await caller.push('0\r\nX-Trailer: 1\r\n\r\n');
  await checkPost(caller, body);
}

async function upgrade(caller: Caller): Promise<void> {
  const ask = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  caller.send(headOf(anyGet(1), ask));
  const answer = await caller.next('GET');
  must(answer.status === 101, () => `no switch: ${answer.head}`);
  for (let i = 1 + below(5); i > 0; i--) {
    const said = noise.toString('latin1', 0, 1 + below(50_000));
    caller.send(said);
    while (caller.received.length < said.length && caller.ended === null) await caller.more();
    must(caller.received === said, () => `an echo of ${caller.received.length} bytes`);
    caller.received = '';
  }
  if (below(2) === 0) return;
  caller.socket.end();
  await caller.closed();
}

async function leavesInHead(caller: Caller): Promise<void> {
  caller.send(headOf(anyGet(10)).slice(0, 1 + below(60)));
  await pause(below(100));
}

async function leavesInBody(caller: Caller): Promise<void> {
  await caller.push(postHead(below(4) === 0 ? FAULTY : SHOP, 'Content-Length: 2000000'));
  await caller.push(noise.subarray(0, below(1_000_000)));
  await pause(below(50));
}

async function leavesInAnswer(caller: Caller): Promise<void> {
  caller.send(headOf(getFor(uidAtRandom(), 2 * MIB)));
  await caller.more();
  if (below(2) === 0) caller.socket.resetAndDestroy();
}

const MALFORMED: readonly string[] = [
  'GET  / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.1\nHost: a\n\n',
  'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
  'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(200)}\r\n`,
  `POST /u/2088000000011/p HTTP/1.1\r\nHost: ${SHOP}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
];

async function malformed(caller: Caller): Promise<void> {
  const bytes = MALFORMED[below(MALFORMED.length)]!;
  const answer = await caller.send(bytes).answer('GET');
  must(answer.status >= 400, () => `${answer.status} to ${JSON.stringify(bytes.slice(0, 80))}`);
  await caller.closed();
}

/** What the relay says in the application's place. */
const SCRIPTED = new Set(['', 'ok', 'half of it', 'drop by drop..', 'no', 'half of ithalf of it']);

/** An upstream that breaks: the right answer, a declared one, or a broken one; never another's. */
async function faulty(caller: Caller): Promise<void> {
  const bytes = below(3000);
  const { target, body } = getFor(uidAtRandom(), bytes);
  const posted = noise.subarray(0, bytes);
  const isPost = below(2) === 0;
  if (isPost) caller.send(postHead(FAULTY, `Content-Length: ${bytes}`)).send(posted);
  else caller.send(`GET ${target} HTTP/1.1\r\nHost: ${FAULTY}\r\n\r\n`);
  try {
    const answer = await caller.answer('GET');
    const declared = /^Proxy-Status: .*; error=\w+; details="[a-z-]+"\r$/m.test(answer.head);
    const right = answer.body === (isPost ? digestOf(posted) : body) || SCRIPTED.has(answer.body);
    must(answer.status >= 500 ? declared : right, () => answer.head + answer.body);
    must(!answer.body.includes(FOREIGN), () => `a foreign answer: ${answer.body}`);
  } catch (error) {
    if (!(error instanceof BrokenOff)) throw error;
  }
}

export interface Visit {
  readonly name: string;
  readonly weight: number;
  readonly make: (caller: Caller) => Promise<void>;
}

export const VISITS: readonly Visit[] = [
  { name: 'keep-alive', weight: 20, make: keepAlive },
  { name: 'cookie', weight: 12, make: withCookie },
  { name: 'pipelined', weight: 8, make: pipelined },
  { name: 'short', weight: 10, make: shortConnection },
  { name: 'http-1.0', weight: 5, make: oldClient },
  { name: 'dribbled-head', weight: 2, make: dribbledHead },
  { name: 'slow-reader', weight: 1, make: slowReader },
  { name: 'post', weight: 8, make: post },
  { name: 'post-chunked', weight: 6, make: postChunked },
  { name: 'upgrade', weight: 5, make: upgrade },
  { name: 'leaves-in-head', weight: 3, make: leavesInHead },
  { name: 'leaves-in-body', weight: 3, make: leavesInBody },
  { name: 'leaves-in-answer', weight: 3, make: leavesInAnswer },
  { name: 'malformed', weight: 5, make: malformed },
  { name: 'faulty-upstream', weight: 8, make: faulty },
];
