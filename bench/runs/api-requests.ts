/** What the firewalls are given to look at: a browser's requests to an API. */
import { API_PATH } from '../candidates/origin.ts';

export const API_FIELDS: Readonly<Record<string, string>> = {
  Host: 'shop.example',
  'User-Agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36',
  Accept: 'application/json, text/plain, */*',
  'Accept-Language': 'en-GB,en;q=0.9,de;q=0.7',
  'Accept-Encoding': 'gzip, deflate, br',
  Referer: 'https://shop.example/orders/list',
  'Sec-Fetch-Dest': 'empty',
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Site': 'same-origin',
  'sec-ch-ua-platform': '"Windows"',
  Cookie: 'session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; _ga=GA1.1.1184526392.1763712000',
};

export const API_TARGET = `${API_PATH}orders?status=open&sort=created&page=3&limit=25`;
export const API_POST_TARGET = `${API_PATH}orders`;

/** Something that a firewall at paranoia level 1 refuses, wherever a value may stand. */
export const ATTACK = "1' UNION SELECT name, password FROM users WHERE '1'='1";

const line = (index: number): Readonly<Record<string, number | string>> => ({
  sku: `AB-${1042 + index * 17}`,
  name: ['Desk lamp', 'Oak chair', 'Wool rug', 'Wall clock', 'Tea set', 'Mirror'][index % 6]!,
  count: index + 1,
  price: 12.5 + index * 7,
  currency: 'EUR',
});

const ORDER = {
  customer: {
    name: 'Maria Lindqvist',
    mail: 'maria.lindqvist@mail.example',
    phone: '+46 8 123 456 78',
    since: '2019-04-02',
  },
  address: { street: 'Storgatan 14', city: 'Stockholm', zip: '111 51', country: 'SE' },
  payment: { kind: 'card', last4: '4242', expires: '2028-11' },
  lines: Array.from({ length: 6 }, (_, index) => line(index)),
  voucher: 'WELCOME10',
  gift: false,
  newsletter: true,
};

const BODY_BYTES = 950;

/** As a client would write it; a remark fills it up. */
export const API_BODY = ((): string => {
  const short = JSON.stringify({ ...ORDER, remark: '' });
  const remark = 'Please ring the bell twice and leave the parcels with the neighbour on the left. '
    .repeat(5)
    .slice(0, Math.max(0, BODY_BYTES - short.length));
  return JSON.stringify({ ...ORDER, remark });
})();
