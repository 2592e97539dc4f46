/** Who stands behind a source of endpoints now, and what a shadow must not hold of it. */
import type { EndpointSource, WeightedAddress } from '../../model/endpoints.ts';
import type { Topology } from '../../zone/topology.ts';

/** What discovery has found so far. */
export interface Found {
  /** Members of a source that is not static; undefined: nothing yet. */
  addressesOf(source: EndpointSource): readonly WeightedAddress[] | undefined;
  /** What a host name means now; undefined: not known yet. */
  ipOf(host: string): string | undefined;
}

export const membersOf = (source: EndpointSource, found: Found): readonly WeightedAddress[] =>
  source.kind === 'static' ? source.addresses : (found.addressesOf(source) ?? []);

/** By what is dialled, as far as it is known: two names may mean one address. */
const placeOf = ({ address: { host, port } }: WeightedAddress, found: Found): string =>
  `${found.ipOf(host) ?? host.toLowerCase()} ${port}`;

/** Where users are sent, as far as this gate knows; empty where there are no shadows to be kept apart. */
export function placesOfUsers({ zones }: Topology, found: Found): ReadonlySet<string> {
  const groups = [...zones.values()].flatMap((z) => z.groups);
  if (groups.every((g) => g.shadow === null)) return new Set();
  const sources = groups.flatMap((g) => [...g.endpoints.values()]);
  return new Set(sources.flatMap((s) => membersOf(s, found).map((m) => placeOf(m, found))));
}

/** Of a shadow: DNS or a file may name endpoints of users there, and nothing else would keep tests from them. */
export const membersOfShadow = (
  source: EndpointSource,
  ofUsers: ReadonlySet<string>,
  found: Found,
): readonly WeightedAddress[] =>
  membersOf(source, found).filter((m) => !ofUsers.has(placeOf(m, found)));
