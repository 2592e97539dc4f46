/** What clients say of themselves, in the order in which they say it. */
import type { Dice } from './dice.ts';

export type Header = readonly [string, string];

/** What kind of thing is asked for, as far as it changes the headers. */
export type Purpose = 'document' | 'fetch' | 'form' | 'image' | 'preflight';

interface Client {
  readonly name: string;
  readonly headers: (dice: Dice, purpose: Purpose, origin: string) => readonly Header[];
}

const LANGUAGES = [
  'en-US,en;q=0.9',
  'en-GB,en;q=0.9,de;q=0.7',
  'de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7',
  'fr-FR,fr;q=0.9,en;q=0.5',
  'zh-CN,zh;q=0.9',
  'zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7',
  'ja,en-US;q=0.9,en;q=0.8',
  'pt-BR,pt;q=0.9',
  'es-419,es;q=0.9',
  'ru-RU,ru;q=0.9',
  'ko-KR,ko;q=0.9',
  'pl,en-US;q=0.7,en;q=0.3',
  'sv-SE,sv;q=0.8,en;q=0.6',
];

const ACCEPT: Readonly<Record<Purpose, string>> = {
  document:
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  form: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  fetch: 'application/json, text/plain, */*',
  image: 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
  preflight: '*/*',
};

function fetchMetadata(dice: Dice, purpose: Purpose): readonly Header[] {
  switch (purpose) {
    case 'document':
    case 'form':
      return [
        ['Sec-Fetch-Dest', 'document'],
        ['Sec-Fetch-Mode', 'navigate'],
        [
          'Sec-Fetch-Site',
          purpose === 'form' ? 'same-origin' : dice.pick(['none', 'same-origin', 'cross-site']),
        ],
        ['Sec-Fetch-User', '?1'],
      ];
    case 'image':
      return [
        ['Sec-Fetch-Dest', 'image'],
        ['Sec-Fetch-Mode', 'no-cors'],
        ['Sec-Fetch-Site', 'same-origin'],
      ];
    case 'fetch':
    case 'preflight':
      return [
        ['Sec-Fetch-Dest', 'empty'],
        ['Sec-Fetch-Mode', 'cors'],
        ['Sec-Fetch-Site', 'same-origin'],
      ];
  }
}

const refererOf = (dice: Dice, origin: string): readonly Header[] =>
  dice.chance(0.7)
    ? [
        [
          'Referer',
          dice.pick([
            `${origin}/`,
            `${origin}/catalog/lamps?page=2&sort=price_asc`,
            `${origin}/search?q=rock+%26+roll`,
            'https://www.google.com/',
            'https://t.co/',
          ]),
        ],
      ]
    : [];

const common = (dice: Dice, purpose: Purpose, origin: string): readonly Header[] => [
  ['Accept', ACCEPT[purpose]],
  ...fetchMetadata(dice, purpose),
  ...refererOf(dice, origin),
  ...(purpose === 'form' ? ([['Origin', origin]] as const) : []),
  ['Accept-Encoding', dice.pick(['gzip, deflate, br, zstd', 'gzip, deflate, br', 'gzip, deflate'])],
  ['Accept-Language', dice.pick(LANGUAGES)],
];

function chrome(platform: string, system: string, mobile: boolean): Client['headers'] {
  return (dice, purpose, origin) => {
    const version = dice.int(128, 146);
    const brand = dice.pick(['"Google Chrome"', '"Microsoft Edge"', '"Opera"']);
    const tail = brand === '"Microsoft Edge"' ? ` Edg/${version}.0.0.0` : '';
    return [
      ...(dice.chance(0.3) ? ([['Cache-Control', 'max-age=0']] as const) : []),
      [
        'sec-ch-ua',
        `"Chromium";v="${version}", ${brand};v="${version}", "Not?A_Brand";v="${dice.int(8, 99)}"`,
      ],
      ['sec-ch-ua-mobile', mobile ? '?1' : '?0'],
      ['sec-ch-ua-platform', `"${platform}"`],
      ...(purpose === 'document' || purpose === 'form'
        ? ([['Upgrade-Insecure-Requests', '1']] as const)
        : []),
      [
        'User-Agent',
        `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 ${mobile ? 'Mobile ' : ''}Safari/537.36${tail}`,
      ],
      ...common(dice, purpose, origin),
      ...(dice.chance(0.1) ? ([['DNT', '1']] as const) : []),
      ...(purpose === 'document' ? ([['Priority', 'u=0, i']] as const) : []),
    ];
  };
}

function firefox(system: string): Client['headers'] {
  return (dice, purpose, origin) => {
    const version = dice.int(120, 145);
    return [
      [
        'User-Agent',
        `Mozilla/5.0 (${system}; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`,
      ],
      ...common(dice, purpose, origin),
      ...(purpose === 'document' ? ([['Upgrade-Insecure-Requests', '1']] as const) : []),
      ...(dice.chance(0.2) ? ([['Sec-GPC', '1']] as const) : []),
    ];
  };
}

function safari(system: string, tail: string): Client['headers'] {
  return (dice, purpose, origin) => [
    [
      'User-Agent',
      `Mozilla/5.0 (${system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${dice.int(16, 26)}.${dice.int(0, 6)} ${tail}Safari/${tail === '' ? '605.1.15' : '604.1'}`,
    ],
    ...common(dice, purpose, origin),
    ['Priority', dice.pick(['u=0, i', 'u=3, i', 'u=1'])],
  ];
}

const app =
  (name: string): Client['headers'] =>
  (dice) => [
    [
      'User-Agent',
      `${name}/${dice.int(2, 9)}.${dice.int(0, 30)}.${dice.int(0, 9)} ${dice.pick(['(Android 15; SM-S921B)', '(iPhone; iOS 18.4; Scale/3.00)', 'CFNetwork/3826.400.120 Darwin/24.3.0', 'okhttp/4.12.0', 'Dart/3.5 (dart:io)'])}`,
    ],
    ['Accept', 'application/json'],
    ['Accept-Language', dice.pick(LANGUAGES)],
    ['Accept-Encoding', 'gzip'],
    ['X-Device-Id', dice.uuid()],
    ['X-App-Version', `${dice.int(2, 9)}.${dice.int(0, 30)}.${dice.int(0, 9)}`],
  ];

/** About as often as they are seen. */
export const BROWSERS: readonly Client[] = [
  { name: 'chrome-windows', headers: chrome('Windows', 'Windows NT 10.0; Win64; x64', false) },
  { name: 'chrome-windows', headers: chrome('Windows', 'Windows NT 10.0; Win64; x64', false) },
  { name: 'chrome-mac', headers: chrome('macOS', 'Macintosh; Intel Mac OS X 10_15_7', false) },
  { name: 'chrome-linux', headers: chrome('Linux', 'X11; Linux x86_64', false) },
  { name: 'chrome-android', headers: chrome('Android', 'Linux; Android 10; K', true) },
  { name: 'chrome-android', headers: chrome('Android', 'Linux; Android 14; Pixel 8', true) },
  { name: 'firefox-windows', headers: firefox('Windows NT 10.0; Win64; x64') },
  { name: 'firefox-linux', headers: firefox('X11; Linux x86_64') },
  { name: 'safari-mac', headers: safari('Macintosh; Intel Mac OS X 10_15_7', '') },
  {
    name: 'safari-iphone',
    headers: safari('iPhone; CPU iPhone OS 18_4 like Mac OS X', 'Mobile/15E148 '),
  },
  { name: 'safari-ipad', headers: safari('iPad; CPU OS 17_6 like Mac OS X', 'Mobile/15E148 ') },
];

/** For APIs: apps besides the browsers. */
export const API_CLIENTS: readonly Client[] = [
  ...BROWSERS,
  { name: 'app-android', headers: app('ShopApp') },
  { name: 'app-ios', headers: app('Shop') },
];
