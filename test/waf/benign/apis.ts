/** What scripts and apps ask of an API: JSON, GraphQL, REST, telemetry, preflights. */
import type { Header } from './clients.ts';
import type { Dice } from './dice.ts';
import { type Draft, queryOf } from './request.ts';
import { CITIES, FIRST_NAMES, LAST_NAMES, SEARCHES, SENTENCES, STREETS } from './texts.ts';

type Json = boolean | number | string | null | readonly Json[] | { readonly [key: string]: Json };

const TYPE = [
  'application/json',
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
] as const;

const fetchHeaders = (dice: Dice): readonly Header[] => [
  ...(dice.chance(0.5) ? ([['X-Requested-With', 'XMLHttpRequest']] as const) : []),
  ...(dice.chance(0.4)
    ? ([
        [
          'Authorization',
          `Bearer ${dice.base64Url(36)}.${dice.base64Url(120)}.${dice.base64Url(43)}`,
        ],
      ] as const)
    : []),
  ...(dice.chance(0.3) ? ([['X-CSRF-Token', dice.base64Url(43)]] as const) : []),
  ...(dice.chance(0.3)
    ? ([['traceparent', `00-${dice.hex(32)}-${dice.hex(16)}-01`]] as const)
    : []),
];

const sent = (dice: Dice, method: string, target: string, value: Json): Draft => ({
  method,
  target,
  purpose: 'fetch',
  api: true,
  headers: [['Content-Type', dice.pick(TYPE)], ...fetchHeaders(dice)],
  body: Buffer.from(dice.chance(0.1) ? JSON.stringify(value, null, 2) : JSON.stringify(value)),
});

export function restRead(dice: Dice): Draft {
  const target = dice.pick([
    () => `/api/orders/${dice.uuid()}`,
    () => `/api/users/${dice.digits(16)}/addresses/${dice.int(1, 9)}`,
    () =>
      `/api/orders?${queryOf([
        ['uid', dice.digits(16)],
        ['limit', '25'],
        ['cursor', `${dice.base64Url(40)}==`],
      ])}`,
    () =>
      `/api/products?${queryOf([
        ['ids', `${dice.int(1, 99)},${dice.int(100, 999)}`],
        ['expand', 'images,variants.stock'],
      ])}`,
    () =>
      `/api/events?since=${encodeURIComponent(dice.moment())}&until=${encodeURIComponent(dice.moment())}`,
    () =>
      `/api/suggest?term=${encodeURIComponent(
        dice
          .pick(SEARCHES)
          .slice(0, dice.int(1, 8))
          .replace(/[\ud800-\udfff]$/, ''),
      )}&_=${dice.digits(13)}`,
    () =>
      `/api/weather?lat=${(dice.next() * 180 - 90).toFixed(5)}&lon=${(dice.next() * 360 - 180).toFixed(5)}`,
  ])();
  return { method: 'GET', target, purpose: 'fetch', api: true, headers: fetchHeaders(dice) };
}

/** PUT, PATCH and DELETE: a rule set has to be told that an application uses them. */
export function restWrite(dice: Dice): Draft {
  const target = `/api/orders/${dice.uuid()}`;
  const method = dice.pick(['PUT', 'PATCH', 'DELETE']);
  if (method === 'DELETE')
    return { method, target, purpose: 'fetch', api: true, headers: fetchHeaders(dice) };
  return sent(dice, method, target, {
    status: dice.pick(['paid', 'packed', 'shipped']),
    note: dice.pick(SENTENCES),
    changedAt: dice.moment(),
  });
}

function order(dice: Dice): Json {
  return {
    customer: {
      name: `${dice.pick(FIRST_NAMES)} ${dice.pick(LAST_NAMES)}`,
      born: dice.date(),
      address: {
        street: dice.pick(STREETS),
        city: dice.pick(CITIES),
        geo: [dice.next() * 90, dice.next() * 180],
      },
    },
    lines: Array.from({ length: dice.int(1, 12) }, () => ({
      sku: `${dice.text(3, 'ABCDEFGHJK')}-${dice.digits(5)}`,
      count: dice.int(1, 9),
      price: dice.int(100, 99_999) / 100,
      gift: dice.chance(0.2),
      engraving: dice.chance(0.2)
        ? dice.pick(['Für Oma', "Mum's", '爱', 'x² + y²', 'A & B'])
        : null,
    })),
    remark: dice.chance(0.6) ? dice.pick(SENTENCES) : null,
    placedAt: dice.moment(),
    voucher: dice.chance(0.2) ? `WELCOME-${dice.int(10, 99)}%` : '',
  };
}

const settings = (dice: Dice): Json => ({
  notifications: { mail: dice.chance(0.5), push: dice.chance(0.5), quietHours: ['22:00', '07:00'] },
  locale: dice.pick(['de-DE', 'zh-Hans-CN', 'en']),
  theme: { primary: '#ff8800', font: "'Inter', sans-serif", radius: '4px' },
  signature: dice.pick(SENTENCES),
});

const telemetry = (dice: Dice): Json => ({
  events: Array.from({ length: dice.int(1, 10) }, () => ({
    type: dice.pick(['page_view', 'click', 'web-vitals', 'error']),
    t: dice.int(1_760_000_000_000, 1_790_000_000_000),
    target: dice.pick([
      'button#buy',
      'a.nav-link[href="/cart"]',
      'form > input:nth-child(2)',
      'LCP',
    ]),
    value: dice.int(1, 5000) / 7,
    message: dice.chance(0.1) ? "Cannot read properties of undefined (reading 'length')" : null,
  })),
  session: dice.uuid(),
});

const chat = (dice: Dice): Json => ({
  messages: [
    { role: 'user', content: dice.pick(SENTENCES) },
    {
      role: 'assistant',
      content: `${dice.pick(SENTENCES)}\n\n* ${dice.pick(SEARCHES)}\n* ${dice.pick(SEARCHES)}`,
    },
    { role: 'user', content: dice.pick(SENTENCES) },
  ],
  temperature: 0.7,
});

export function json(dice: Dice): Draft {
  return dice.pick([
    () => sent(dice, 'POST', '/api/orders', order(dice)),
    () => sent(dice, 'POST', '/api/settings', settings(dice)),
    () => sent(dice, 'POST', '/api/events', telemetry(dice)),
    () => sent(dice, 'POST', '/api/chat', chat(dice)),
    () =>
      sent(dice, 'POST', '/search', {
        query: dice.pick(SEARCHES),
        page: dice.int(1, 9),
        filters: { price: { min: 0, max: dice.int(1, 999) } },
      }),
    () =>
      sent(
        dice,
        'POST',
        '/api/ids',
        Array.from({ length: dice.int(1, 30) }, () => dice.int(1, 1e9)),
      ),
  ])();
}

const QUERIES: readonly (readonly [string, (dice: Dice) => Json])[] = [
  [
    'query Product($id: ID!) {\n  product(id: $id) {\n    id\n    name\n    price { amount currency }\n    reviews(first: 10) { edges { node { id text rating } } }\n  }\n}',
    (dice) => ({ id: dice.digits(6) }),
  ],
  [
    'mutation AddToCart($input: CartLineInput!) {\n  addToCart(input: $input) { cart { id total } errors { message } }\n}',
    (dice) => ({
      input: { productId: dice.digits(6), count: dice.int(1, 5), note: dice.pick(SENTENCES) },
    }),
  ],
  [
    'query Search($text: String!, $after: String) {\n  search(text: $text, first: 20, after: $after) {\n    __typename\n    ... on Product { id name }\n    ... on Article { id title }\n  }\n}',
    (dice) => ({ text: dice.pick(SEARCHES), after: null }),
  ],
];

export function graphql(dice: Dice): Draft {
  const [query, variables] = dice.pick(QUERIES);
  const operationName = /(?:query|mutation) (\w+)/.exec(query)?.[1] ?? '';
  return sent(dice, 'POST', '/graphql', { operationName, variables: variables(dice), query });
}

export function preflight(dice: Dice): Draft {
  return {
    method: 'OPTIONS',
    target: dice.pick(['/api/orders', `/api/orders/${dice.uuid()}`, '/graphql']),
    purpose: 'preflight',
    headers: [
      ['Access-Control-Request-Method', dice.pick(['POST', 'PUT', 'DELETE'])],
      [
        'Access-Control-Request-Headers',
        dice.pick(['content-type', 'authorization,content-type,x-requested-with']),
      ],
      ['Origin', 'https://www.shop.example'],
    ],
  };
}

export function health(dice: Dice): Draft {
  return {
    method: dice.pick(['GET', 'GET', 'HEAD']),
    target: dice.pick(['/health', '/healthz', '/status?verbose=1']),
    purpose: 'fetch',
    bare: true,
    headers: [
      [
        'User-Agent',
        dice.pick([
          'kube-probe/1.31',
          'ELB-HealthChecker/2.0',
          'UptimeMonitor/1.4 (+https://monitor.example/bot)',
        ]),
      ],
      ['Accept', '*/*'],
    ],
  };
}
