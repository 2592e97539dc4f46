import { reasonsOf } from '../model/reason.ts';

export const COOKIE = reasonsOf('cookie', {
  absent: ['cookie-absent', 'The request has no route cookie.'],
  accepted: ['cookie-accepted', 'A route cookie with a good signature names a shard.'],
  malformed: [
    'cookie-malformed',
    'The route cookie is not of the form v1.shard.zone.epoch.key.mac; as good as absent.',
  ],
  badMac: [
    'cookie-bad-mac',
    'The signature of the route cookie is wrong: forged, or made for another shard rule; as good as absent.',
  ],
  unknownKey: [
    'cookie-unknown-key',
    'The route cookie is signed with a key this gate does not hold; as good as absent.',
  ],
  outOfRange: [
    'cookie-out-of-range',
    'The route cookie names a shard that does not exist; as good as absent.',
  ],
});

export const COOKIE_WRITE = reasonsOf('cookie-write', {
  set: [
    'cookie-set',
    'The shard is proven and differs from the cookie’s: the answer sets the route cookie.',
  ],
  kept: ['cookie-kept', 'The route cookie already names this shard.'],
  cleared: [
    'cookie-cleared',
    'The user is another than the cookie’s, and has no shard of his own: the answer clears the route cookie.',
  ],
  notProven: [
    'cookie-not-proven',
    'Nobody has proven which shard the user is of, so no route cookie is written.',
  ],
  leftToSender: [
    'cookie-left-to-sender',
    'The gate that took the request from the client writes the cookie.',
  ],
  stress: ['cookie-not-for-stress', 'A load test is nobody’s session: no route cookie is written.'],
});
