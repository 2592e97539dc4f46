/**
 * DESIGN. How the endpoints of an app are to be treated: balancing, probes, outliers, limits,
 * retries. Declared per app, once; the shell measures and acts. Missing on purpose: health. That is
 * a measurement, and lives in the shell beside the sockets; orders are switches, and live in rules.
 */
import type { AppId } from '../model/ids.ts';
import type { Address } from '../model/schema.ts';
import type { PolicyDoc } from './upstreams-schema.ts';

type Section<K extends keyof PolicyDoc> = Exclude<PolicyDoc[K], undefined>;
type OrNull<T> = Exclude<T, 'off'> | null;

export type Balance = Section<'balance'>;
export type Probe = Exclude<Section<'probe'>, 'off'>;
export type Outliers = Exclude<Section<'outliers'>, 'off'>;
export type EndpointLimits = Section<'endpoint'>;
export type Retries = Exclude<Section<'retries'>, 'off'>;
export type Adaptive = Exclude<Section<'adaptive'>, 'off'>;

/** Everything said of one app; null where a section is off. */
export interface UpstreamPolicy {
  readonly balance: Balance;
  readonly probe: OrNull<Section<'probe'>>;
  readonly outliers: OrNull<Section<'outliers'>>;
  readonly endpoint: EndpointLimits;
  readonly zone: Section<'zone'>;
  readonly queueMs: number;
  readonly retries: OrNull<Section<'retries'>>;
  readonly hedge: OrNull<Section<'hedge'>>;
  readonly adaptive: OrNull<Section<'adaptive'>>;
}

export interface UpstreamPolicies {
  readonly resolvers: readonly Address[];
  readonly peers: UpstreamPolicy;
  of(app: AppId): UpstreamPolicy;
}
