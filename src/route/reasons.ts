import { reasonsOf } from '../model/reason.ts';

export const ROUTE = reasonsOf('route', {
  matched: ['route-matched', 'Host and longest path prefix name a route.'],
  pathRefused: [
    'route-path-refused',
    'The path is malformed, or of a form that `paths` refuses; answered 400.',
  ],
  hostUnknown: ['route-host-unknown', 'No route names this host; answered 421.'],
  pathUnknown: [
    'route-path-unknown',
    'The host is known, but no prefix covers the path; answered 404.',
  ],
});
