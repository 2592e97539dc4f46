/** A Firewall document of few rules, for those who switch it and judge nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { load } from './config.ts';
import { fleetConfig } from './desk-stand-in.ts';

/** guard blocks, watch detects, idle is off. Rule 100 refuses, 101 scores; 200 is of watch alone. */
export const FIREWALL = `apiVersion: zonegate/v1
kind: Firewall
default: guard
ruleSets:
  house:
    rules:
      - { id: 100, when: { field: arg:q, op: contains, value: evil }, action: block, owner: ann }
      - { id: 101, when: { field: arg:q, op: contains, value: odd }, action: { score: 2 }, owner: ann }
  extra:
    rules:
      - { id: 200, when: { field: arg:q, op: contains, value: rare }, action: count, owner: ann }
policies:
  guard: { mode: block, ruleSets: [house] }
  watch: { mode: detect, ruleSets: [house, extra] }
  idle: { mode: off, ruleSets: [house] }
`;

/** The directory of `fleetConfig`, with a firewall. */
export function firewallConfig(): string {
  const directory = fleetConfig();
  writeFileSync(join(directory, 'firewall.yaml'), FIREWALL);
  return directory;
}

export const withFirewall = (): Snapshot => load(firewallConfig());
