import { reasonsOf } from '../model/reason.ts';

export const STRESS = reasonsOf('stress-tag', {
  token: ['stress-by-token', 'A good token names the scene of a load test.'],
  network: ['stress-by-network', 'A listed source network names the scene of a load test.'],
  app: ['stress-by-app', 'An application named the scene, by a listener for the zones’ own apps.'],
  handedOver: ['stress-handed-over', 'The gate that handed the request over says so.'],
  reserved: ['stress-by-uid', 'A trusted uid of a range that a scene reserves.'],
  forged: [
    'stress-forged',
    'A stress mark that is not to be believed: forged, expired, of a strange source or scene; answered 403.',
  ],
  stripped: [
    'stress-stripped',
    'A stress mark that is not to be believed; taken out, and the request served as anybody’s.',
  ],
  foreignUid: [
    'stress-foreign-uid',
    'The scene is for its reserved uids only, and the request shows another; answered 403.',
  ],
  unknownScene: [
    'stress-unknown-scene',
    'Another gate handed over a request of a scene that is not declared here, or not so; answered 421.',
  ],
  stopped: ['stress-stopped', 'People have stopped the scene; answered 503.'],
  ended: ['stress-ended', 'The scene’s time is over, or it is declared no longer; answered 503.'],
  lost: [
    'stress-lost',
    'This gate has lost the fleet, so nobody could stop the scene here; answered 503.',
  ],
  noShadow: [
    'stress-no-shadow',
    'The zone has no shadow endpoints of the app, and the scene may use no others; answered 503.',
  ],
});

export const STRESS_PLACE = reasonsOf('placement', {
  table: ['placed-by-scene', 'The zone that the scene’s own table names for the shard.'],
  drawn: [
    'placed-by-scene-drawn',
    'A zone of the scene’s own table, drawn by shards: the user is not known.',
  ],
});

export const STRESS_GROUP = reasonsOf('release', {
  withShadow: [
    'group-with-shadow',
    'Another group of the zone: the one that users’ weights draw has no shadow of the app.',
  ],
});
