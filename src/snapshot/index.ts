/**
 * DESIGN. All compiled rooms in one frozen value. The gate holds one pointer to it; a request reads
 * the pointer once. What joins rooms by name is checked here (`checks.ts`), so `decide` never meets
 * a name without a thing. Missing on purpose: any way to change a snapshot. A new one is compiled.
 */
import type { CookieCodec } from '../cookie/index.ts';
import type { LaneCodec } from '../cookie/lane-cookie.ts';
import type { Board } from '../failover/board.ts';
import type { FleetSettings } from '../failover/compile-fleet.ts';
import type { Placement } from '../failover/index.ts';
import type { Plan } from '../failover/run.ts';
import type { GateSettings } from '../gate/compile-gate.ts';
import type { MirrorSettings } from '../mirror/index.ts';
import type { ConnectionClass } from '../model/facts.ts';
import type { AppId, Epoch, IdcId } from '../model/ids.ts';
import type { PeerRoom } from '../peer/index.ts';
import type { ProofSettings, RateRoom } from '../rate/index.ts';
import type { Route, RouteTable } from '../route/index.ts';
import type { StressRoom } from '../stress-tag/index.ts';
import type { Source } from '../uid-router/compile.ts';
import type { UpstreamPolicies } from '../upstream/index.ts';
import type { Firewall } from '../waf/compile-firewall.ts';
import type { Policy } from '../waf/policy.ts';
import type { Pin, Rules } from '../zone/compile-rules.ts';
import type { Group, Topology, Zone } from '../zone/topology.ts';
import type { FirewallOrders } from './firewall-orders.ts';
import type { LiveMirror } from './live-mirrors.ts';

/** Where a request may be sent: a group of a zone, seen from one IDC. */
export interface Target {
  readonly zone: Zone;
  readonly group: Group;
  readonly via: 'local' | 'peer';
}

export interface Snapshot {
  readonly epoch: Epoch;
  /** SHA-256 over the documents, hex; tells two configurations apart. */
  readonly digest: string;
  readonly topology: Topology;
  readonly rules: Rules;
  readonly routes: RouteTable;
  readonly identities: ReadonlyMap<string, readonly Source[]>;
  /** Identity headers to remove, by the route's identity list and by who presented them. */
  readonly untrustedHeaders: ReadonlyMap<
    string | null,
    Readonly<Record<ConnectionClass, readonly string[]>>
  >;
  /** Headers that the sources of an identity list read, in lower case. */
  readonly identityHeaders: ReadonlyMap<string, readonly string[]>;
  /** Does the shard rule or a pin know this uid? */
  readonly placesUid: (uid: string) => boolean;
  readonly placement: Placement;
  readonly peer: PeerRoom;
  readonly cookie: CookieCodec;
  readonly laneCookie: LaneCodec;
  /** Value of the route cookie for each shard, by shard number. */
  readonly cookieOfShard: readonly string[];
  /** Pins by the tag their users' cookies carry. */
  readonly pinOfTag: ReadonlyMap<string, Pin>;
  /** The tag that is written now, under the signing key: a MAC, so made once. */
  readonly tagOfPin: ReadonlyMap<Pin, string>;
  /** What people have ordered; empty where no fleet is declared. */
  readonly board: Board;
  /** This gate has lost the fleet for longer than its lease. */
  readonly lost: boolean;
  /** null: this gate knows only its own configuration. */
  readonly fleet: FleetSettings | null;
  readonly plans: ReadonlyMap<string, Plan>;
  /** Apps that a zone must run to own users. */
  readonly userApps: readonly AppId[];
  /** Declared; null without a Mirror document. */
  readonly mirror: MirrorSettings | null;
  /** Rules that copy now; null: nothing is copied. */
  readonly mirrors: readonly LiveMirror[] | null;
  readonly gate: GateSettings;
  readonly upstreams: UpstreamPolicies;
  /** Load tests; null: none is declared. */
  readonly stress: StressRoom | null;
  /** null: none is declared. */
  readonly firewall: Firewall | null;
  /** What the board says of it. */
  readonly firewallOrders: FirewallOrders;
  /** Of routes that have a firewall. */
  readonly policyOf: ReadonlyMap<Route, Policy>;
  /** Lists and limits of clients; null: none are declared. */
  readonly rates: RateRoom | null;
  /** Of passed challenges, whoever asks for them. */
  readonly proof: ProofSettings;
  /** Targets of every group, and of its shadow, as each IDC sees them. */
  readonly targets: ReadonlyMap<IdcId, ReadonlyMap<Group, Target>>;
}
