/** Where copies of a request go, and what they tell whoever is there. */
import { isIP } from 'node:net';
import type { MirrorRule } from '../../mirror/index.ts';
import type { GroupId, IdcId, ZoneId } from '../../model/ids.ts';
import type { Snapshot, Target } from '../../snapshot/index.ts';
import type { Scene } from '../../stress-tag/index.ts';
import type { Found, Upstreams } from '../upstream/index.ts';
import type { Place } from './copy-pool.ts';
import type { CopiedRequest } from './request-copy.ts';

/** null: addresses of its own. */
export function targetOf({ to }: MirrorRule, snapshot: Snapshot, idc: IdcId): Target | null {
  if (to.kind !== 'group') return null;
  const zone = snapshot.topology.zones.get(to.zone as ZoneId);
  const group = zone?.groups.find((g) => g.id === (to.group as GroupId));
  return (group && snapshot.targets.get(idc)?.get(group)) ?? null;
}

/** Tells places apart whose addresses differ: a few for each rule. */
export function placeName({ to }: MirrorRule, shadow: Target | null, app: string): string {
  if (shadow !== null) return `${shadow.zone.id} ${shadow.group.id} ${app}`;
  return to.kind === 'addresses' ? '' : app;
}

/** The addresses that the rule lists. */
export function listedPlaces({ to }: MirrorRule, found: Found): Place[] {
  if (to.kind !== 'addresses' || to.source.kind !== 'static') return [];
  return to.source.addresses.map(({ address }) => ({
    address,
    ip: isIP(address.host) === 0 ? (found.ipOf(address.host) ?? null) : address.host,
  }));
}

/** Endpoints of the request's app in a group, as they may be given requests. */
export function placesIn(
  target: Target,
  { decision, snapshot }: CopiedRequest,
  upstreams: Upstreams,
): Place[] {
  const way = upstreams.wayOf(target, decision.route.app, snapshot);
  return (way?.roster.shares ?? [])
    .filter(({ endpoint, weight }) => weight > 0 && endpoint.usable)
    .map(({ endpoint }) => ({ address: endpoint.address, ip: endpoint.ip }));
}

/** An app of ours is told where it is, and of what load test; a stranger learns nothing of our zones. */
export function linesOf(
  target: Target | null,
  { decision }: CopiedRequest,
  scene: Scene | null,
): string {
  if (target === null) return '';
  const stress = scene === null ? '' : `X-Ldc-Stress: ${scene.name}\r\n`;
  const shard = decision.shard === null ? '' : `X-Ldc-Shard: ${decision.shard}\r\n`;
  return `${stress}X-Ldc-Zone: ${target.zone.id}\r\nX-Ldc-Group: ${target.group.id}\r\n${shard}X-Ldc-Epoch: ${decision.epoch}\r\n`;
}
