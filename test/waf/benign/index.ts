/**
 * Requests that mean no harm, shaped like the real traffic of a shop: what a firewall must let through.
 * The same count and seed give the same bytes.
 */
import { graphql, health, json, preflight, restRead, restWrite } from './apis.ts';
import { API_CLIENTS, BROWSERS, type Header } from './clients.ts';
import { cookiesOf } from './cookies.ts';
import { Dice } from './dice.ts';
import { address, asset, comment, list, login, page, redirect, search } from './pages.ts';
import { bytesOf, type Draft } from './request.ts';
import { upload } from './uploads.ts';

export interface BenignRequest {
  /** `comment chrome-mac shop.example 417`: its category, its client, its host, its number from 0. */
  readonly name: string;
  readonly raw: Buffer;
}

/** Categories, and how many of a hundred requests each makes. */
const CATEGORIES = {
  page: { share: 14, make: page },
  asset: { share: 12, make: asset },
  search: { share: 12, make: search },
  list: { share: 6, make: list },
  redirect: { share: 5, make: redirect },
  login: { share: 5, make: login },
  comment: { share: 6, make: comment },
  address: { share: 5, make: address },
  json: { share: 12, make: json },
  graphql: { share: 4, make: graphql },
  'rest-read': { share: 8, make: restRead },
  'rest-write': { share: 3, make: restWrite },
  upload: { share: 4, make: upload },
  preflight: { share: 2, make: preflight },
  health: { share: 2, make: health },
} as const satisfies Readonly<Record<string, { share: number; make: (dice: Dice) => Draft }>>;

type Category = keyof typeof CATEGORIES;

const DRAWS: readonly Category[] = (Object.keys(CATEGORIES) as Category[]).flatMap((category) =>
  Array.from({ length: CATEGORIES[category].share }, () => category),
);

/** The host of the reference configuration (configs/ldc); its routes take every path. */
export const REFERENCE_HOST = 'shop.example';
/** So many of all requests go there; the rest to hosts that it does not name. */
export const REFERENCE_SHARE = 0.7;
const OTHER_HOSTS = ['www.store.example', 'api.store.example:8443', 'xn--kln-sna.example'];

export function* benignRequests(count: number, seed: number): Iterable<BenignRequest> {
  const dice = new Dice(seed);
  for (let index = 0; index < count; index++) {
    const category = dice.pick(DRAWS);
    const draft: Draft = CATEGORIES[category].make(dice);
    const host = dice.chance(REFERENCE_SHARE) ? REFERENCE_HOST : dice.pick(OTHER_HOSTS);
    const client = dice.pick(draft.api === true ? API_CLIENTS : BROWSERS);
    const name = draft.bare === true ? 'monitor' : client.name;
    const headers: Header[] = [];
    if (draft.bare !== true) {
      headers.push(...client.headers(dice, draft.purpose, `https://${host}`));
      const cookies = draft.purpose === 'preflight' ? null : cookiesOf(dice);
      if (cookies !== null) headers.push(['Cookie', cookies]);
    }
    headers.push(...(draft.headers ?? []));
    yield { name: `${category} ${name} ${host} ${index}`, raw: bytesOf(draft, host, headers) };
  }
}

/** The first word of a request's name. */
export const categoryOf = ({ name }: BenignRequest): string => name.slice(0, name.indexOf(' '));
