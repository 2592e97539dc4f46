/** A gate with the Core Rule Set, for tests at the socket. */
import { join } from 'node:path';
import * as z from 'zod';
import { crsFolder } from '../../../bench/candidates/crs.ts';
import { scratch } from '../../support/config.ts';
import { plainGate, type RunningGate } from '../../support/gate.ts';
import { hitsFromAudit } from './audit-file.ts';
import type { HitsOf } from './hits.ts';
import type { Address } from './send.ts';

const EVENT = z.object({
  event: z.literal('waf'),
  rule: z.number(),
  message: z.string(),
  data: z.string().default(''),
  headers: z.object({ 'x-crs-test': z.string() }).partial().default({}),
});

export interface CrsGate extends RunningGate {
  readonly address: Address;
  /** Path of the audit log. */
  readonly audit: string;
  readonly hitsOf: HitsOf;
}

/** What the rule set's own regression tests take for granted. */
export const SUITE_POLICY = `
    mode: detect
    paranoia: { blocking: 4 }
    answers: { bodies: true }
    budgetMs: 10000
    variables:
      crs_validate_utf8_encoding: 1
      arg_name_length: 100
      arg_length: 400
      total_arg_length: 64000
      max_num_args: 255
      max_file_size: 64100
      combined_file_sizes: 65535`;

/** For a shop with a REST interface, as it comes. */
export const SHOP_POLICY = `
    mode: block
    variables: { allowed_methods: GET HEAD POST OPTIONS PUT PATCH DELETE }`;

/** @param policy YAML lines, indented by four */
export async function crsGate(upstreamPort: number, policy: string): Promise<CrsGate> {
  const audit = join(scratch(), 'audit.log');
  const gate = await plainGate([upstreamPort], {
    // Test and gate share one loop: what delays it is not the gate's load.
    gate: 'headers: { underscore: pass }\npaths: { query: raw }\noverload: { eventLoopDelayMs: 10000 }',
    firewall: `default: shop
audit: { to: ${audit}, values: full, headers: [X-CRS-Test] }
ruleSets: { crs: { seclang: ["${crsFolder()}"] } }
policies:
  shop:
    ruleSets: [crs]${policy}`,
  });
  const address: Address = { host: '127.0.0.1', port: gate.port };
  const hitsOf = hitsFromAudit({
    file: audit,
    gate: address,
    surelyHit: '/?x=/etc/passwd',
    entryOf: (line) => {
      const event = EVENT.safeParse(line);
      if (!event.success) return null;
      const { rule, message, data, headers } = event.data;
      return { marker: headers['x-crs-test'] ?? '', hits: [{ id: rule, message, data }] };
    },
  });
  return { ...gate, address, audit, hitsOf };
}
