/** Pages, searches, lists, redirects and forms: what people do with a browser. */
import type { Dice } from './dice.ts';
import { type Draft, formOf, queryOf } from './request.ts';
import {
  CITIES,
  FIRST_NAMES,
  LAST_NAMES,
  PRODUCTS,
  SEARCHES,
  SENTENCES,
  STREETS,
} from './texts.ts';

const document = (target: string): Draft => ({ method: 'GET', target, purpose: 'document' });

export function page(dice: Dice): Draft {
  return document(
    dice.pick([
      () => '/',
      () => `/catalog/${dice.pick(PRODUCTS)}`,
      () => `/catalog/${dice.pick(PRODUCTS)}?variant=${dice.int(1, 9)}#reviews`.split('#')[0]!,
      () => `/u/${dice.digits(16)}/orders`,
      () => `/blog/${dice.date().replaceAll('-', '/')}/why-we-chose-oak-over-pine`,
      () => `/help/faq/returns-and-refunds.html`,
      () =>
        `/catalog/lamps?utm_source=newsletter&utm_medium=email&utm_campaign=autumn_sale_${dice.int(2020, 2027)}&gclid=${dice.base64Url(90)}`,
      () => `/?fbclid=IwAR${dice.base64Url(56)}`,
      () => `/catalog/%E7%81%AF%E5%85%B7/${dice.int(1, 400)}`,
    ])(),
  );
}

export function asset(dice: Dice): Draft {
  const target = dice.pick([
    `/assets/app.${dice.hex(8)}.js`,
    `/assets/main.${dice.hex(8)}.css?v=${dice.digits(10)}`,
    `/images/${dice.pick(PRODUCTS)}@2x.webp?w=640&q=75`,
    '/favicon.ico',
    '/fonts/inter-v13-latin-regular.woff2',
    `/_next/image?url=%2Fimages%2Flamp.jpg&w=1080&q=75`,
  ]);
  const headers = dice.chance(0.4)
    ? ([
        ['If-None-Match', `W/"${dice.hex(16)}"`],
        ['If-Modified-Since', 'Sat, 14 Nov 2026 09:12:44 GMT'],
      ] as const)
    : [];
  return { method: 'GET', target, purpose: 'image', headers };
}

export function search(dice: Dice): Draft {
  const words = dice.pick(SEARCHES);
  const encode = dice.chance(0.5) ? formOf : queryOf;
  const rest: (readonly [string, string])[] = [];
  if (dice.chance(0.5)) rest.push(['page', String(dice.int(1, 40))]);
  if (dice.chance(0.3)) rest.push(['category', dice.pick(['home & garden', 'kids', 'Möbel'])]);
  if (dice.chance(0.2)) rest.push(['price', `${dice.int(1, 50)}-${dice.int(51, 500)}`]);
  return document(`/search?${encode([[dice.pick(['q', 'query', 's', 'k']), words], ...rest])}`);
}

export function list(dice: Dice): Draft {
  const pairs: (readonly [string, string])[] = [
    ['page', String(dice.int(1, 200))],
    ['per_page', dice.pick(['10', '25', '50'])],
    ['sort', dice.pick(['created_at:desc', '-price', 'name,asc', 'rating'])],
    ['filter[status]', dice.pick(['open', 'shipped', 'open,shipped'])],
    ['filter[created][gte]', dice.date()],
    ['fields', 'id,name,price,stock'],
    ['tags[]', dice.pick(['sale', 'new in', 'söt'])],
    ['tags[]', 'eco'],
    ['bbox', '13.08,52.33,13.76,52.67'],
    ['color', '#ff8800'],
  ];
  return document(`/catalog?${queryOf(dice.some(pairs, dice.int(2, 6)))}`);
}

export function redirect(dice: Dice): Draft {
  const back = `https://shop.example/account/callback?next=${encodeURIComponent('/catalog/lamps?page=2')}`;
  return document(
    dice.pick([
      () =>
        `/oauth/authorize?${queryOf([
          ['response_type', 'code'],
          ['client_id', `web-${dice.hex(12)}`],
          ['redirect_uri', back],
          ['scope', 'openid profile email'],
          ['state', dice.base64Url(43)],
          ['nonce', dice.base64Url(22)],
          ['code_challenge', dice.base64Url(43)],
          ['code_challenge_method', 'S256'],
        ])}`,
      () =>
        `/account/callback?code=${dice.base64Url(48)}&state=${dice.base64Url(43)}&iss=${encodeURIComponent('https://id.example')}`,
      () => `/login?return_to=${encodeURIComponent(back)}`,
      () =>
        `/share?url=${encodeURIComponent(`https://shop.example/catalog/${dice.pick(['lamp', 'chair'])}?ref=share`)}&text=${encodeURIComponent('Look what I found!')}`,
    ])(),
  );
}

const posted = (target: string, pairs: readonly (readonly [string, string])[]): Draft => ({
  method: 'POST',
  target,
  purpose: 'form',
  headers: [['Content-Type', 'application/x-www-form-urlencoded']],
  body: Buffer.from(formOf(pairs), 'latin1'),
});

const mailOf = (dice: Dice): string =>
  dice.pick([
    'anna.b@mail.example',
    "o'neill+shop@mail.example",
    'jürgen@müller.example',
    `user${dice.digits(5)}@post.example`,
  ]);

export function login(dice: Dice): Draft {
  const password = dice.pick([
    'correct horse battery staple',
    `P@ssw0rd!${dice.int(1, 99)}`,
    dice.text(16, 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%&*+-=?@_'),
    `${dice.pick(FIRST_NAMES)}${dice.int(1950, 2010)}`,
  ]);
  return posted('/login', [
    ['csrf_token', dice.base64Url(43)],
    ['email', mailOf(dice)],
    ['password', password],
    ...(dice.chance(0.4) ? ([['remember_me', 'on']] as const) : []),
  ]);
}

export function comment(dice: Dice): Draft {
  const prose = Array.from({ length: dice.int(1, 6) }, () => dice.pick(SENTENCES));
  return posted(`/catalog/${dice.pick(['lamp', 'oak-chair', 'tea-set'])}/comments`, [
    ['author', `${dice.pick(FIRST_NAMES)} ${dice.pick(LAST_NAMES)}`],
    ['rating', String(dice.int(1, 5))],
    [
      'title',
      dice.pick(['Great!', "Don't buy", 'So-so …', '很好', 'C’est parfait', 'Ok; but too small']),
    ],
    ['comment', prose.join(dice.pick([' ', '\r\n', '\r\n\r\n']))],
  ]);
}

export function address(dice: Dice): Draft {
  return posted('/account/address', [
    ['first_name', dice.pick(FIRST_NAMES)],
    ['last_name', dice.pick(LAST_NAMES)],
    ['street', dice.pick(STREETS)],
    ['zip', dice.pick(['111 51', 'SW1A 1AA', '10115', '310012', 'H2Y 1C6', '150-0001'])],
    ['city', dice.pick(CITIES)],
    ['country', dice.pick(['SE', 'GB', 'DE', 'CN', 'CA', 'JP'])],
    [
      'phone',
      dice.pick(['+46 8 123 456 78', '(030) 1234567', '571-8502-2088', '+1 (555) 010-9999 ext. 4']),
    ],
    ['note', dice.chance(0.5) ? dice.pick(SENTENCES) : ''],
  ]);
}
