import { reasonsOf } from '../model/reason.ts';

export const PIN = reasonsOf('pin', {
  hit: ['pin-hit', 'A pin places this user ahead of the shard table.'],
  none: ['pin-none', 'No pin for this user.'],
  expired: ['pin-expired', 'The pin of this user has expired; the shard table counts.'],
});

export const SHARD = reasonsOf('shard', {
  fromUid: ['shard-from-uid', 'A trusted uid gives the shard.'],
  fromCookie: ['shard-from-cookie', 'The signed route cookie gives the shard.'],
  fromHint: ['shard-from-hint', 'A uid on anybody’s word gives the shard.'],
  handedOver: ['shard-handed-over', 'The gate that handed the request over gives the shard.'],
  absent: ['shard-absent', 'Nothing tells the user’s shard.'],
});

export const PLACE = reasonsOf('placement', {
  owner: ['placed-by-shard', 'The zone that owns the shard.'],
  apart: [
    'placed-apart',
    'The zone to which this app of the shard was popped out; its other apps are elsewhere.',
  ],
  pinned: ['placed-by-pin', 'The zone the user is pinned to.'],
  forced: ['placed-forced', 'The zone that an operator asked for.'],
  random: [
    'placed-random',
    'Any serving rzone group of this IDC (of its city, of all, where it has none), by weight: the user is not known yet.',
  ],
  global: ['placed-global', 'A group of the gzone, by weight.'],
  city: ['placed-city', 'A czone of this city.'],
  handedOver: ['placed-handed-over', 'The zone that the handing gate chose.'],
  nowhere: ['placed-nowhere', 'No zone can take the request; answered 503.'],
  forcedUnknown: [
    'placed-forced-unknown',
    'The forced zone does not exist or has no place on this route; answered 400.',
  ],
});

export const SPILL = reasonsOf('spill', {
  spilled: [
    'spilled',
    'No endpoint of the chosen group is healthy; another IDC’s serves the read.',
  ],
});

export const FREEZE = reasonsOf('freeze', {
  moving: [
    'write-frozen-moving',
    'The shard is on its way to another zone; its writes are refused for a moment, answered 503.',
  ],
  ordered: ['write-frozen', 'A switch refuses writes here; answered 503.'],
  lost: [
    'write-frozen-lost',
    'The shard was on its way when this gate lost the fleet: who owns it now is in doubt; writes are answered 503.',
  ],
});
