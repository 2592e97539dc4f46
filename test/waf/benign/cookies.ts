/** What browsers carry around: sessions, analytics, consent, tokens. */
import type { Dice } from './dice.ts';

const jsonInACookie = (dice: Dice): string =>
  encodeURIComponent(
    JSON.stringify({
      theme: dice.pick(['dark', 'light']),
      currency: 'EUR',
      seen: [dice.int(1, 99), dice.int(1, 99)],
    }),
  );

const jwt = (dice: Dice): string => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    sub: dice.digits(16),
    iat: dice.int(1_700_000_000, 1_790_000_000),
    scope: 'shop cart',
  };
  return `${part({ alg: 'RS256', typ: 'JWT', kid: dice.hex(8) })}.${part(claims)}.${dice.base64Url(342)}`;
};

const KINDS: readonly ((dice: Dice) => string)[] = [
  (dice) => `_ga=GA1.1.${dice.digits(10)}.${dice.digits(10)}`,
  (dice) =>
    `_ga_${dice.text(10, 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789')}=GS2.1.s${dice.digits(10)}$o${dice.int(1, 9)}$g1$t${dice.digits(10)}$j60$l0$h0`,
  (dice) => `_gcl_au=1.1.${dice.digits(9)}.${dice.digits(10)}`,
  (dice) => `_fbp=fb.1.${dice.digits(13)}.${dice.digits(18)}`,
  (dice) => `session=${dice.hex(32)}`,
  (dice) => `connect.sid=s%3A${dice.base64Url(32)}.${encodeURIComponent(dice.base64Url(43))}`,
  (dice) => `JSESSIONID=${dice.hex(32).toUpperCase()}.node${dice.int(1, 9)}`,
  (dice) => `PHPSESSID=${dice.text(26, 'abcdefghijklmnopqrstuvwxyz0123456789')}`,
  (dice) => `access_token=${jwt(dice)}`,
  (dice) => `csrftoken=${dice.base64Url(32)}`,
  (dice) => `XSRF-TOKEN=${dice.base64Url(40)}%3D`,
  (dice) => `prefs=${jsonInACookie(dice)}`,
  () => `cookie_consent=${encodeURIComponent('necessary:1,statistics:0,marketing:0')}`,
  (dice) =>
    `OptanonConsent=isGpcEnabled=0&datestamp=Sat+Nov+21+2026+10%3A0${dice.int(0, 9)}%3A11+GMT%2B0100&version=202409.1.0&groups=C0001%3A1%2CC0002%3A0`,
  (dice) => `lang=${dice.pick(['en', 'de-DE', 'zh_CN', 'fr'])}`,
  (dice) => `cart=${dice.uuid()}`,
  (dice) => `last_seen=${encodeURIComponent(dice.moment())}`,
  (dice) => `AWSALB=${dice.base64Url(100)}+/==`,
];

/** The value of a Cookie field; null for a client without cookies. */
export function cookiesOf(dice: Dice): string | null {
  if (dice.chance(0.1)) return null;
  return dice
    .some(KINDS, dice.int(1, 7))
    .map((kind) => kind(dice))
    .join('; ');
}
