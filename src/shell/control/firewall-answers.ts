/** What /v1/firewall answers, as a schema. */
import { z } from 'zod';
import type { Switch } from '../../failover/board.ts';
import { plain } from './answers.ts';

const order = plain<Switch>('Switch');
const mode = z.enum(['off', 'detect', 'block']);

export const firewallAnswer = z.object({
  policies: z.array(
    z.object({
      policy: z.string(),
      declaredMode: mode,
      mode: mode.describe('That counts now'),
      order: order.nullable().describe('What has made it so; null: it is as declared'),
      rules: z.number().describe('That can hit here'),
      shadowRules: z.number().nullable().describe('Judged beside and only counted; null: none are'),
    }),
  ),
  rulesOff: z.array(
    z.object({
      rule: z.number(),
      policies: z.array(z.string()).describe('That have it; empty: none at this gate'),
      order,
    }),
  ),
  networksOut: z.array(z.object({ network: z.string(), order })),
});
export type FirewallAnswer = z.infer<typeof firewallAnswer>;
