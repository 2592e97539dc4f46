/** The baselines that many Node gateways stand on, one process each. */
import { fileURLToPath } from 'node:url';
import { type CandidateName, type Running, type Site, server, type Work } from './candidate.ts';

const start =
  (name: CandidateName, script: string) =>
  (work: Work, site: Site): Promise<Running> => {
    const file = fileURLToPath(new URL(script, import.meta.url));
    const [port] = site.ports;
    // Their deprecation warnings are known, and beside the point.
    const args = ['--no-warnings', file, String(port), String(site.origin), work.routing];
    return server(name, port!, site, () => site.processes.start('proxy', process.execPath, args));
  };

export const startHttpProxy = start('http-proxy', './http-proxy-server.cjs');
export const startFastify = start('@fastify/http-proxy', './fastify-server.mjs');
