/**
 * The peer (nginx with libmodsecurity), to see whether the measuring itself is right, and what another
 * firewall does: `NGINX_MODSECURITY=… node test/waf/crs/run.ts suite|benign|sqlmap [PREFIX …]`.
 * suite: the Core Rule Set's regression tests, those whose id begins with a PREFIX (920, 942100-3).
 * benign: 10,000 requests that mean no harm, blocking at paranoia level 1. sqlmap: the sample shop.
 */
import { crsAbsent } from '../../../bench/candidates/crs.ts';
import { falseAlarms } from '../benign/false-alarms.ts';
import { benignRequests } from '../benign/index.ts';
import { startSampleApp } from '../sample-app.ts';
import { sqlmap } from '../sqlmap.ts';
import { startAlbedo } from './albedo.ts';
import { SHOP_SETUP } from './crs-setup.ts';
import { runCrsSuite } from './crs-suite.ts';
import { startPeer } from './peer.ts';
import type { Outcome } from './run-suite.ts';

const BENIGN = { count: 10_000, seed: 1 };
const BLOCKING = { engine: 'On', setup: SHOP_SETUP } as const;

const absent = crsAbsent();
if (absent !== null) throw new Error(absent);
const program = process.env.NGINX_MODSECURITY ?? '';
if (program === '')
  throw new Error('NGINX_MODSECURITY is not set: the path of an nginx with the module loaded');

const share = (part: number, all: number): string =>
  `${part} of ${all} (${((part / all) * 100).toFixed(2)} %)`;

async function suite(prefixes: readonly string[]): Promise<void> {
  const albedo = await startAlbedo();
  const peer = await startPeer(program, albedo.port);
  const { gate, hitsOf } = peer;
  const onOutcome = ({ id, why }: Outcome) => why !== null && console.log(`${id}  ${why}`);
  try {
    const { passed, outcomes } = await runCrsSuite({ gate, hitsOf, onOutcome }, prefixes);
    console.log(`passed: ${share(passed, outcomes.length)}`);
  } finally {
    await peer.stop();
    await albedo.stop();
  }
}

async function benign(): Promise<void> {
  const albedo = await startAlbedo();
  const peer = await startPeer(program, albedo.port, BLOCKING);
  try {
    const { count, seed } = BENIGN;
    const found = await falseAlarms(peer.gate, benignRequests(count, seed));
    for (const [category, { requests, refused }] of found.byCategory)
      console.log(`${category}: refused ${share(refused, requests)}`);
    for (const name of [...found.refused.slice(0, 20), ...found.odd.slice(0, 20)])
      console.log(name);
    console.log(
      `refused: ${share(found.refused.length, found.requests)}, odd: ${found.odd.length}`,
    );
  } finally {
    await peer.stop();
    await albedo.stop();
  }
}

async function attack(): Promise<void> {
  const app = await startSampleApp();
  const peer = await startPeer(program, app.port, BLOCKING);
  try {
    const bare = await sqlmap(`http://127.0.0.1:${app.port}/item?id=1`);
    const before = app.requests();
    const behind = await sqlmap(`http://127.0.0.1:${peer.gate.port}/item?id=1`);
    console.log(`without: ${bare.verdict} (${before} requests)`);
    console.log(
      `behind the peer: ${behind.verdict} (${app.requests() - before} requests came through)`,
    );
    if (behind.verdict === 'failed') console.log(behind.out);
  } finally {
    await peer.stop();
    await app.stop();
  }
}

const [what, ...rest] = process.argv.slice(2);
if (what === 'suite') await suite(rest);
else if (what === 'benign') await benign();
else if (what === 'sqlmap') await attack();
else throw new Error('say suite, benign or sqlmap');
