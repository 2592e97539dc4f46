/** How zonegate's firewall is switched on for the benchmark: this one place. */

/** One document of a gate's configuration, as writeGateConfig makes it. */
export type Document = Readonly<Record<string, unknown>>;

/**
 * The documents of a gate without the firewall → those of one that applies the Core Rule Set in `crs`,
 * paranoia level 1, to every request, and refuses with 403. null while there is no firewall: then it
 * takes part in no scenario.
 */
export const withFirewall:
  | ((documents: readonly Document[], crs: string) => readonly Document[])
  | null = (documents, crs) => [
  ...documents,
  {
    apiVersion: 'zonegate/v1',
    kind: 'Firewall',
    default: 'core',
    audit: { to: 'off' },
    ruleSets: { crs: { seclang: [crs] } },
    policies: { core: { mode: 'block', ruleSets: ['crs'] } },
  },
];
