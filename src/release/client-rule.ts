/** What of a client a gray rule may look at: a header, a cookie, a parameter, where he comes from. */
import { z } from 'zod';
import { compileNetworks, type Networks } from '../gate/networks.ts';
import { clientBehind, type RequestFacts } from '../model/facts.ts';
import { Report } from '../model/issue.ts';

const name = z.string().regex(/^[A-Za-z0-9_.~-]{1,128}$/, { error: 'a name without spaces' });
const value = z.string().min(1).max(256);

/** `is`: the whole value; `starts`: how it begins. */
export const clientRuleSchema = z
  .strictObject({
    header: name.optional(),
    cookie: name.optional(),
    query: name.optional(),
    network: z.string().max(64).optional(),
    is: value.optional(),
    starts: value.optional(),
  })
  .refine((r) => count(r.header, r.cookie, r.query, r.network) === 1, {
    error: 'one of header, cookie, query, network',
  })
  .refine((r) => count(r.is, r.starts) === (r.network === undefined ? 1 : 0), {
    error: 'is or starts, and neither with network',
  })
  .refine((r) => r.network === undefined || networksOf(r.network) !== null, {
    error: 'a network as 10.0.0.0/8',
  });

const count = (...given: (string | undefined)[]): number =>
  given.filter((g) => g !== undefined).length;

export type ClientRule = z.infer<typeof clientRuleSchema>;
/** @param proxies whose X-Forwarded-For is believed */
export type ClientTest = (facts: RequestFacts, proxies: Proxies) => boolean;
export type Proxies = Pick<Networks, 'has'>;

/** Made once for each rule, when the board changes. */
export function compileClientRule(rule: ClientRule): ClientTest {
  const { header, cookie, query, network, is, starts = '' } = rule;
  const fits = (text: string | undefined): boolean =>
    text !== undefined && (is === undefined ? text.startsWith(starts) : text === is);
  if (header !== undefined) {
    const field = header.toLowerCase();
    return (facts) => fits(facts.header(field));
  }
  if (cookie !== undefined) return (facts) => fits(facts.cookie(cookie));
  if (query !== undefined)
    return (facts) =>
      facts.query !== '' && fits(new URLSearchParams(facts.query).get(query) ?? undefined);
  const networks = networksOf(network ?? '');
  return (facts, proxies) => networks?.has(clientOf(facts, proxies)) === true;
}

const clientOf = (facts: RequestFacts, proxies: Proxies): string =>
  proxies.has(facts.remote)
    ? clientBehind(facts.list('x-forwarded-for'), facts.remote, proxies)
    : facts.remote;

function networksOf(text: string): Networks | null {
  const report = new Report();
  const networks = compileNetworks([text], [], report);
  return report.failed ? null : networks;
}
