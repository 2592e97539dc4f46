import type { CandidateName, Running, Site, Work } from './candidate.ts';
import { startHaproxy } from './haproxy.ts';
import { startNginx } from './nginx.ts';
import { startNginxModsecurity } from './nginx-modsecurity.ts';
import { startFastify, startHttpProxy } from './node-servers.ts';
import { startZonegate } from './zonegate.ts';

export const START: Readonly<Record<CandidateName, (work: Work, site: Site) => Promise<Running>>> =
  {
    nginx: startNginx,
    zonegate: startZonegate,
    haproxy: startHaproxy,
    'http-proxy': startHttpProxy,
    '@fastify/http-proxy': startFastify,
    'nginx-modsecurity': startNginxModsecurity,
  };
