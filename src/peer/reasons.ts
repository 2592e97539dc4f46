import { reasonsOf } from '../model/reason.ts';

export const FROM = reasonsOf('peer', {
  external: ['from-external', 'An ordinary client; its internal headers are removed.'],
  app: ['from-app', 'The request came by a listener for the zones’ own apps.'],
  peer: ['from-peer', 'Another gate handed the request over with a good signature.'],
  operator: ['from-operator', 'A person with a valid operator token.'],
  badHandOver: [
    'peer-bad-signature',
    'A hand-over that is forged or comes from a strange network; treated as if it were not there.',
  ],
  unverified: [
    'peer-unverified',
    'A gate has forwarded the request, but its hand-over is stale or signed with a strange key; answered 421.',
  ],
  badToken: [
    'operator-bad-token',
    'An operator token that is wrong or has expired; treated as if it were not there.',
  ],
});

export const LOOP = reasonsOf('loop', {
  none: ['loop-none', 'The request has not been here before.'],
  detected: ['loop-detected', 'CDN-Loop already names this IDC’s gates; answered 508.'],
});

export const HOP = reasonsOf('hop', {
  local: ['hop-local', 'The zone is in this IDC.'],
  peer: ['hop-peer', 'The zone is in another IDC: handed over to a gate there.'],
  obeyed: ['hop-obeyed', 'Placed by the gate that handed the request over.'],
  redecided: [
    'hop-redecided',
    'This gate has newer rules, under which another zone of this IDC owns the shard.',
  ],
  refused: [
    'hop-refused',
    'The hand-over names a zone that is not served here; answered 421 with this gate’s epoch.',
  ],
});
