import { reasonsOf } from '../model/reason.ts';

export const IDENTITY = reasonsOf('uid-router', {
  trusted: ['uid-trusted', 'A uid came from somebody the source trusts.'],
  hint: [
    'uid-hint',
    'A uid came from somebody who is not trusted: good for placement, not for a cookie.',
  ],
  absent: ['uid-absent', 'No source of the route holds a usable uid.'],
  malformed: [
    'uid-malformed',
    'A source holds something that is no uid under the shard rule; as good as absent.',
  ],
  leftToSender: [
    'uid-left-to-sender',
    'The gate that handed the request over has found the user; what it signed counts.',
  ],
  notNeeded: ['uid-not-needed', 'The route places nobody by uid.'],
});
