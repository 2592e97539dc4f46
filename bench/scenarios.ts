/** What is measured: each load by name, who takes part, and what it is held against. */
import { CANDIDATES, type CandidateName, SMALL_WORK, type Work } from './candidates/candidate.ts';
import { withFirewall } from './candidates/firewall.ts';

export interface Contestant {
  readonly label: string;
  readonly candidate: CandidateName;
  readonly work: Work;
}

interface Named {
  readonly name: string;
  readonly title: string;
  readonly contestants: readonly Contestant[];
}

export interface LoadScenario extends Named {
  readonly kind: 'load';
  /** Label of the contestant that has the ratio 1. */
  readonly reference: string;
  readonly connections: number;
  /** list: the routes of the contestant's table in turn, the cookies of all shards. */
  readonly request: 'api-get' | 'api-post' | 'large' | 'list' | 'small' | 'upload';
  /** One request each. */
  readonly shortConnections: boolean;
}

export interface IdleScenario extends Named {
  readonly kind: 'idle';
  readonly connections: number;
}

export interface CallsScenario extends Named {
  readonly kind: 'calls';
  readonly connections: number;
}

interface PartsScenario extends Named {
  readonly kind: 'parts';
}

export type Scenario = CallsScenario | IdleScenario | LoadScenario | PartsScenario;

/** Those that route. */
const PROXIES = CANDIDATES.filter((name) => name !== 'nginx-modsecurity');

/** Those that log, pass on to a second of their kind, and hold many connections in C. */
const GATES = ['nginx', 'zonegate', 'haproxy'] as const;

const contestants = (
  names: readonly CandidateName[],
  work: Partial<Work> = {},
): readonly Contestant[] =>
  names.map((candidate) => ({
    label: candidate,
    candidate,
    work: { ...SMALL_WORK, ...work },
  }));

const load = (
  scenario: Pick<LoadScenario, 'contestants' | 'name' | 'title'> & Partial<LoadScenario>,
): LoadScenario => ({
  kind: 'load',
  reference: 'nginx',
  connections: 100,
  request: 'small',
  shortConnections: false,
  ...scenario,
});

const keepAlive = (connections: number): LoadScenario =>
  load({
    name: `keepalive-${connections}`,
    title: `1 KiB down, routed, ${connections} kept connection${connections === 1 ? '' : 's'}`,
    contestants: contestants(PROXIES),
    connections,
  });

/** nginx tuned for large bodies is the yardstick; as it comes, it writes them to files. */
const largeBodies: readonly Contestant[] = [
  ...contestants(PROXIES, { largeBodies: true }),
  { label: 'nginx, default buffers', candidate: 'nginx', work: SMALL_WORK },
];

const tables: readonly Contestant[] = [
  { label: '10 routes', routes: 10, zones: 5 },
  { label: '1,000 routes', routes: 1000, zones: 5 },
  { label: '50,000 routes', routes: 50_000, zones: 5 },
  { label: '1,000 zones', routes: 10, zones: 1000 },
].map(({ label, routes, zones }) => ({
  label,
  candidate: 'zonegate',
  work: { ...SMALL_WORK, routes, zones },
}));

const PLAIN_WORK: Work = { ...SMALL_WORK, routing: 'plain' };
const PEER = 'nginx + ModSecurity';

/** With the Core Rule Set, and the same without it. */
const firewalls: readonly Contestant[] = [
  { label: PEER, candidate: 'nginx-modsecurity', work: { ...PLAIN_WORK, firewall: true } },
  ...(withFirewall === null
    ? []
    : [
        {
          label: 'zonegate + firewall',
          candidate: 'zonegate' as const,
          work: { ...PLAIN_WORK, firewall: true },
        },
      ]),
  ...contestants(['zonegate', 'nginx'], PLAIN_WORK),
];

const firewall = (scenario: Pick<LoadScenario, 'name' | 'request' | 'title'>): LoadScenario =>
  load({ ...scenario, contestants: firewalls, reference: PEER, connections: 20 });

export const SCENARIOS: readonly Scenario[] = [
  keepAlive(1),
  keepAlive(100),
  keepAlive(1000),
  load({
    name: 'access-log-100',
    title: '1 KiB down, routed, access log to a file, 100 kept connections',
    contestants: contestants(GATES, { accessLog: true }),
  }),
  load({
    name: 'plain-100',
    title: '1 KiB down, no routing work, 100 kept connections',
    contestants: contestants(PROXIES, { routing: 'plain' }),
  }),
  load({
    name: 'short-100',
    title: '1 KiB down, routed, one request on each connection, 100 at a time',
    contestants: contestants(PROXIES),
    shortConnections: true,
  }),
  load({
    name: 'large-down',
    title: '1 MiB down, routed, buffers raised, 20 kept connections',
    contestants: largeBodies,
    connections: 20,
    request: 'large',
  }),
  load({
    name: 'large-up',
    title: '1 MiB up, routed, bodies streamed, 20 kept connections',
    contestants: largeBodies,
    connections: 20,
    request: 'upload',
  }),
  load({
    name: 'peer-hop',
    title: '1 KiB down through two proxies, both routing, the cost of both, 100 kept connections',
    contestants: contestants(GATES, { hops: 2 }),
  }),
  load({
    name: 'routing-tables',
    title: '1 KiB down, zonegate with tables of several sizes, 100 kept connections',
    contestants: tables,
    reference: '10 routes',
    request: 'list',
  }),
  firewall({
    name: 'waf-get',
    title: 'Core Rule Set, paranoia 1: a browser’s GET with 4 arguments and 3 cookies',
    request: 'api-get',
  }),
  firewall({
    name: 'waf-json',
    title: 'Core Rule Set, paranoia 1: a POST of 950 bytes of JSON, 45 values',
    request: 'api-post',
  }),
  {
    kind: 'idle',
    name: 'idle-10000',
    title: 'memory of 10,000 connections that have asked once and wait',
    contestants: contestants(GATES, { connections: 10_500 }),
    connections: 10_000,
  },
  {
    kind: 'calls',
    name: 'socket-calls',
    title: 'system calls on sockets at 100 kept connections, counted by strace',
    contestants: contestants(GATES),
    connections: 100,
  },
  {
    kind: 'parts',
    name: 'pure-parts',
    title: 'the pure parts, called in a loop',
    contestants: contestants(['zonegate']),
  },
];
