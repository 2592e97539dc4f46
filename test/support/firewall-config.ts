/** The reference configuration with a firewall of the test's own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { referenceWith } from './config.ts';

/** The policy `shop`, with the rule sets that it needs. */
export interface TestFirewall {
  readonly ruleSets: Readonly<Record<string, object>>;
  /** Of these, those that the policy uses. */
  readonly use: readonly string[];
  readonly exclusions?: readonly object[];
  readonly [key: string]: unknown;
}

const owner = 'me@example';
export const HOUSE: TestFirewall = {
  use: ['house'],
  ruleSets: {
    house: {
      rules: [
        {
          ...{ id: 11, phase: 'head', owner, action: 'count', labels: ['tester'], apps: ['shop'] },
          when: { field: 'header:x-tester', op: 'exists' },
        },
        {
          ...{ id: 12, owner, action: { score: 5 }, message: 'SQL in the query' },
          when: { all: [{ field: 'queryArgs', op: 'sqli' }, { not: { label: 'tester' } }] },
        },
        { id: 13, owner, action: { score: 5 }, when: { field: 'args', op: 'xss' } },
        {
          ...{ id: 14, phase: 'answer-body', owner, action: 'block' },
          when: { field: 'answerBody', op: 'contains', value: 'ORA-0' },
        },
        {
          ...{ id: 15, owner, action: 'block', expires: '2020-01-01T00:00:00Z' },
          when: { field: 'path', op: 'equals', value: '/' },
        },
      ],
    },
    next: { rules: [{ id: 21, owner, action: 'count', when: { field: 'queryArgs', op: 'sqli' } }] },
  },
};

export const withExclusions = (
  firewall: TestFirewall,
  exclusions: readonly object[],
): TestFirewall => ({ ...firewall, exclusions });

/** A directory. @param others policies besides `shop` */
export function firewallConfig(
  { ruleSets, use, ...policy }: TestFirewall,
  others: Readonly<Record<string, object>> = {},
): string {
  const directory = referenceWith({});
  const doc = {
    apiVersion: 'zonegate/v1',
    kind: 'Firewall',
    ruleSets,
    policies: { shop: { ruleSets: use, ...policy }, ...others },
  };
  writeFileSync(join(directory, 'firewall.yaml'), stringify(doc));
  return directory;
}
