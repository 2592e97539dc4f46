import { reasonsOf } from '../model/reason.ts';

export const GROUP = reasonsOf('release', {
  only: ['group-only', 'The zone has one group with weight.'],
  byShard: ['group-by-shard', 'The group is fixed by the user’s shard and the weights.'],
  byUid: ['group-by-uid', 'The group is fixed by a hash of the pinned uid and the weights.'],
  byDice: ['group-by-dice', 'The user is not known: drawn by weight for this request.'],
  byVisitor: ['group-by-visitor', 'The user is not known: fixed by his lane cookie.'],
  handedOver: ['group-handed-over', 'The group that the handing gate chose.'],
  forced: ['group-forced', 'The group that an operator asked for.'],
  forcedUnknown: [
    'group-forced-unknown',
    'The forced group does not exist in the zone, or does not run the app; answered 400.',
  ],
  allowed: ['group-gray-allowed', 'The user stands on the allow-list of a gray rule.'],
  tester: ['group-gray-tester', 'A tester’s header, from somebody trusted, names a gray rule.'],
  client: ['group-gray-client', 'An attribute of the client fits a gray rule.'],
  released: ['group-released', 'A release has moved the user’s shard to this group.'],
  gray: ['group-gray', 'The user falls under the percent of a gray rule.'],
});

/** Given only where there is something to say. */
export const LANE_COOKIE = reasonsOf('lane-cookie', {
  set: ['lane-cookie-set', 'The answer sets the lane cookie, which keeps the user where he is.'],
  bad: [
    'lane-cookie-bad',
    'The lane cookie is not of its form, or its signature is wrong; as good as absent.',
  ],
});
