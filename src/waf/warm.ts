/**
 * The first requests after a start would be judged by code that nobody has run yet, at many times the usual
 * price. So some are judged that nobody has sent. Pure but for what it costs.
 */
import type { Firewall } from './compile-firewall.ts';
import type { RequestInput } from './engine/input.ts';
import { Judgement, NO_ORDERS } from './judge.ts';
import type { Policy } from './policy.ts';

const ROUNDS = 24;

const HEADERS: RequestInput['headers'] = [
  ['Host', 'shop.example'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0',
  ],
  ['Accept', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8'],
  ['Referer', 'https://shop.example/list?page=2&sort=price'],
  ['Cookie', 'session=8f14e45fceea167a; theme=dark; seen="a b"'],
];

/** With a bit of everything, and long enough for the linear engine to be asked; not so long that a step takes long. */
const LONG =
  'Ring twice (please); it\'s <b>"№ 12"</b> & 30% off: a=b/c\\d, $x @y #z [1] {2} |3| ~4^ \n'.repeat(
    24,
  );
const JSON_BODY = JSON.stringify({
  name: 'Ann',
  note: LONG.slice(0, 300),
  lines: [{ id: 1, price: 2.5 }],
});
const FORM_BODY = `name=Ann&note=${encodeURIComponent(LONG)}`;

const asked = (query: string, type: string | null): RequestInput => ({
  method: type === null ? 'GET' : 'POST',
  target: `/orders?${query}`,
  path: '/orders',
  query,
  protocol: 'HTTP/1.1',
  headers: type === null ? HEADERS : [...HEADERS, ['Content-Type', type]],
  remote: '192.0.2.1',
  requestId: '',
  app: '',
  zone: '',
  uid: '',
  country: '',
  dice: 0,
  receivedAtMs: 0,
});

const REQUESTS: readonly (readonly [RequestInput, string | null])[] = [
  [asked('q=red+shoes&page=2&sort=-price', null), null],
  [asked('', 'application/json'), JSON_BODY],
  [asked('', 'application/x-www-form-urlencoded'), FORM_BODY],
];

function* warmPolicy(policy: Policy): Generator<undefined, undefined> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const [request, body] of REQUESTS) {
      const judgement = new Judgement(policy, request, NO_ORDERS);
      judgement.head();
      judgement.body(body, false);
      yield;
    }
  }
}

/** In steps, as compiling. */
export function* warmSteps({ policies }: Firewall): Generator<undefined, undefined> {
  for (const policy of policies.values()) yield* warmPolicy(policy);
}

export function warmFirewall(firewall: Firewall): void {
  const steps = warmSteps(firewall);
  while (steps.next().done !== true);
}
