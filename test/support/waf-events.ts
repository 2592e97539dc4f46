/** Audit events as a gate writes them. */
import type { AuditedRequest } from '../../src/waf/audit.ts';
import type { Hit } from '../../src/waf/engine/hit.ts';

export const auditedRequest: AuditedRequest = {
  timestampMs: Date.parse('2036-01-02T03:04:05Z'),
  requestId: 'r1',
  client: '192.0.2.7',
  method: 'POST',
  host: 'shop.example',
  path: '/search',
  route: 'shop.example/search',
  zone: 'RZ01',
  idc: 'hz1',
  policy: 'shop',
  mode: 'detect',
  headers: [],
};

export const hitOf = (more: Partial<Hit>): Hit => ({
  ...{ id: 942100, phase: 2, msg: 'SQL Injection', data: '', severity: 'CRITICAL', tags: [] },
  ...{ paranoia: 1, target: 'ARGS:comment', value: "1' or 1=1", disposition: 'block', log: true },
  ...more,
});
