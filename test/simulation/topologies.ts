/** Small configurations made up by chance, as text, and read as a gate reads them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dice } from '../../src/simulation/dice.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { load, SECRET, scratch } from '../support/config.ts';

interface MadeZone {
  readonly name: string;
  readonly city: number;
  readonly idc: string;
}

const keys = `[{ id: k, secret: ${SECRET} }]`;

export function madeUp(dice: Dice): Snapshot {
  const directory = scratch();
  writeFileSync(join(directory, 'all.yaml'), documents(dice).join('\n---\n'));
  return load(directory);
}

function documents(dice: Dice): string[] {
  const zones: MadeZone[] = [];
  const cities = 1 + dice.below(3);
  for (let city = 0; city < cities; city++) {
    const idcs = 1 + dice.below(2);
    for (let i = 0; i < idcs; i++)
      for (let z = 1 + dice.below(2); z > 0; z--)
        zones.push({ name: `RZ${zones.length + 1}`, city, idc: `c${city}i${i}` });
  }
  const withElastic = dice.isIn(75);
  const count = zones.length * (1 + dice.below(4));
  return [
    `apiVersion: zonegate/v1\nkind: Topology\nsharding: { count: ${count}, key: { hash: fnv1a } }\n${citiesText(zones, withElastic, dice)}`,
    `apiVersion: zonegate/v1\nkind: Rules\nepoch: 1\nshards: {${shardsText(zones, count)}}`,
    `apiVersion: zonegate/v1\nkind: Routes
identities: { user: [{ header: x-user, trust: [app, peer] }, { query: uid }] }
routes:
  - { host: "*", path: /, zone: rzone, app: any, identity: user }
  - { host: "*", path: /other, zone: rzone, app: other, identity: user }`,
    `apiVersion: zonegate/v1\nkind: Gate
listeners: [{ address: "127.0.0.1:18081" }]
trust: { peers: ["127.0.0.1"] }
keys: { cookie: ${keys}, peer: ${keys} }`,
    fleetText(withElastic, dice),
    `apiVersion: zonegate/v1\nkind: Plan\nname: out-and-home
steps: [{ failover: { zone: RZ1 }, pace: [1] }, { soak: 1 }, { restore: { zone: RZ1 } }]
onTrouble: ${dice.pick(['hold', 'back'])}`,
  ];
}

function fleetText(withElastic: boolean, dice: Dice): string {
  const maxMs = dice.pick([2000, 8000, 30_000]);
  return `apiVersion: zonegate/v1\nkind: Fleet
store: { file: store }
stateDir: state
leaseMs: ${dice.pick([1500, 5000])}
beatMs: ${dice.pick([200, 500])}
pollMs: ${dice.pick([300, 1500])}
freeze: { maxMs: ${maxMs}, budgetMs: ${20 * maxMs} }
catchUp: { by: ${dice.pick(['none', 'confirm'])} }
safety: { persons: ${1 + dice.below(2)} }${withElastic ? `\nautomatic: [{ zones: [EZ1], act: return, forS: 1, dwellS: ${1 + dice.below(10)} }]` : ''}`;
}

function citiesText(zones: readonly MadeZone[], withElastic: boolean, dice: Dice): string {
  const lines = ['cities:'];
  for (const city of new Set(zones.map((z) => z.city))) {
    lines.push(`  city${city}:`, '    idcs:');
    for (const idc of new Set(zones.filter((z) => z.city === city).map((z) => z.idc))) {
      lines.push(`      ${idc}:`, `        gates: ["${idc}.gates.test:80"]`, '        zones:');
      for (const zone of zones.filter((z) => z.idc === idc))
        lines.push(`          ${zone.name}: ${zoneText(zone, zones, dice)}`);
      if (withElastic && idc === zones.at(-1)!.idc)
        lines.push(`          EZ1: { type: elastic, groups: { A: ${groupText('A', 'EZ1')} } }`);
    }
  }
  return lines.join('\n');
}

function zoneText(zone: MadeZone, zones: readonly MadeZone[], dice: Dice): string {
  const locals = zones.filter((z) => z.city === zone.city && z.idc !== zone.idc);
  const remotes = zones.filter((z) => z.city !== zone.city);
  const dr = [
    ...(locals.length === 0 ? [] : [`local: ${dice.pick(locals).name}`]),
    ...(remotes.length === 0 ? [] : [`remote: ${dice.pick(remotes).name}`]),
  ];
  const groups = ['A', 'B'].slice(0, 1 + dice.below(2));
  const group = (g: string): string => `${g}: ${groupText(g, zone.name)}`;
  return `{ type: rzone, ${dr.length === 0 ? '' : `dr: { ${dr.join(', ')} }, `}groups: { ${groups.map(group).join(', ')} } }`;
}

const groupText = (group: string, zone: string): string =>
  `{ endpoints: { any: ["${group}.${zone}.test:80"], other: ["o${group}.${zone}.test:80"] } }`;

const shardsText = (zones: readonly MadeZone[], count: number): string => {
  const each = count / zones.length;
  return zones.map((z, i) => ` "${i * each}-${(i + 1) * each - 1}": ${z.name}`).join(',');
};
