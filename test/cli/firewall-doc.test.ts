/** docs/firewall.md: every example in it works, and every list in it is whole. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadConfig } from '../../src/shell/config/load.ts';
import { auditLine } from '../../src/waf/audit.ts';
import { FAULT_CODES, faultOf } from '../../src/waf/body/faults.ts';
import { firewallSchema } from '../../src/waf/firewall-schema.ts';
import { Forge } from '../../src/waf/forge.ts';
import { TRANSFORMS } from '../../src/waf/ir.ts';
import { FIELD_NAMES } from '../../src/waf/native/fields.ts';
import { nativeRuleSchema, OPS } from '../../src/waf/native/native-schema.ts';
import { run } from '../support/command.ts';
import { ROOT, referenceWith, scratch } from '../support/config.ts';
import { CRS, CRS_ABSENT, crsIsThere } from '../support/crs.ts';
import { auditedRequest, hitOf } from '../support/waf-events.ts';

const text = readFileSync(join(ROOT, 'docs', 'firewall.md'), 'utf8');
const blocks = (kind: string): string[] =>
  [...text.matchAll(new RegExp(`^( *)\`\`\`${kind}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map((m) =>
    m[2]!
      .split('\n')
      .map((line) => line.slice(m[1]!.length))
      .join('\n'),
  );
/** Rows of the table whose head begins so, as lists of cells. */
function rows(head: string): string[][] {
  const at = text.indexOf(`\n| ${head} |`);
  if (at < 0) throw new Error(`no table ${head}`);
  const table = text.slice(at + 1).split('\n\n', 1)[0]!;
  return table
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((c) => c.trim()),
    );
}
const ticked = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((m) => m[1]!);

type Fields = Record<string, unknown>;
const [whole, ...parts] = blocks('yaml');

/** What the first example says, with a fragment put where its first line says. */
function withFragment(fragment: string): string {
  const doc = parse(whole!) as Fields;
  const said = parse(fragment) as Fields;
  const where = /^# in (the document|policies\.shop)\n/.exec(fragment)?.[1];
  expect(where, fragment).toBeDefined();
  if (where === 'policies.shop') Object.assign((doc.policies as { shop: Fields }).shop, said);
  else Object.assign(doc, said);
  return stringify(doc);
}

function directoryWith(firewall: string): string {
  const directory = referenceWith({ 'routes.yaml': [['      firewall: shop,\n', '']] });
  writeFileSync(join(directory, 'firewall.yaml'), firewall);
  return directory;
}

describe('docs/firewall.md: configurations', () => {
  it.skipIf(!crsIsThere)(
    `are valid, without a warning${CRS_ABSENT}`,
    () => {
      const forge = new Forge();
      expect(parts.length).toBeGreaterThan(4);
      for (const firewall of [whole!, ...parts.map(withFragment)]) {
        const loaded = loadConfig(directoryWith(firewall), { ZONEGATE_CRS: CRS }, forge);
        const issues = loaded.ok ? loaded.value.warnings : loaded.error;
        expect(
          issues.filter((i) => i.file.endsWith('firewall.yaml')),
          firewall,
        ).toEqual([]);
        expect(loaded.ok).toBe(true);
      }
    },
    60_000,
  );
});

describe('docs/firewall.md: commands', () => {
  const request = /```\n( *GET \/search[\s\S]*?)```/.exec(text)![1]!;
  const lines = blocks('sh').flatMap((b) => b.trim().split('\n'));
  it('there are some', () => expect(lines.length).toBeGreaterThan(4));
  it.each(lines)('%s', async (line) => {
    const directory = scratch();
    const requestFile = join(directory, 'request.http');
    const eventsFile = join(directory, 'events.log');
    writeFileSync(requestFile, `${request.replace(/^ +/gm, '').trim()}\n\n`);
    const event = auditLine(auditedRequest, { hit: hitOf({}), action: 'count', score: 5 }, 'none');
    writeFileSync(eventsFile, event);
    const [command = '', note = ''] = line.split(/\s+#\s+/);
    const words = command
      .replace('request.http', requestFile)
      .replace('events.log', eventsFile)
      .replace('configs/ldc', join(ROOT, 'configs/ldc'))
      .split(' ')
      .slice(1);
    const done = await run(...words);
    expect([done.code, done.code === 0 ? '' : done.err]).toEqual([
      Number(/ends with (\d)/.exec(note)?.[1] ?? 0),
      '',
    ]);
  });
});

describe('docs/firewall.md: lists', () => {
  it('fields, operators, transformations', () => {
    const fields = rows('fields |').flatMap(([, cell]) => ticked(cell!));
    const known = FIELD_NAMES.map((f) => f.replace(/:NAME$/, ''));
    expect([...new Set(fields.map((f) => f.replace(/:[A-Z]+$/, '')))].sort()).toEqual(known.sort());
    expect(
      rows('operators | compares with')
        .flatMap(([cell]) => ticked(cell!))
        .sort(),
    ).toEqual([...OPS].sort());
    const transforms = text
      .slice(text.indexOf('Transformations, applied in order'))
      .split('\n\n', 1)[0]!;
    expect(ticked(transforms).sort()).toEqual([...TRANSFORMS].sort());
  });

  it('what a policy and a native rule may say', () => {
    const { policies } = firewallSchema.shape;
    const policy = (policies as unknown as { def: { valueType: { shape: object } } }).def.valueType;
    const keys = rows('key | default | meaning').flatMap(([cell]) => ticked(cell!));
    expect([...new Set(keys.map((k) => k.split('.')[0]!))].sort()).toEqual(
      Object.keys(policy.shape).sort(),
    );
    const ofRules = rows('key | meaning').flatMap(([cell]) => ticked(cell!));
    expect(ofRules.sort()).toEqual(Object.keys(nativeRuleSchema.shape).sort());
  });

  it('faults of bodies, ambiguous ones apart', () => {
    const listed = [...text.matchAll(/^\| `([a-z0-9-]+)` \| (.*) \|$/gm)].map((m) => [m[1], m[2]]);
    for (const code of FAULT_CODES) expect(listed).toContainEqual([code, faultOf(code, 0).message]);
    const tables = text.split('These are merely wrong');
    for (const code of FAULT_CODES)
      expect(tables[faultOf(code, 0).ambiguous ? 0 : 1], code).toContain(`\n| \`${code}\` |`);
  });

  it('fields of an audit event', () => {
    const headers = [['x-a', 'b']] as const;
    const line = auditLine(
      { ...auditedRequest, headers },
      { hit: hitOf({ data: 'd' }), action: 'count', score: 5 },
      'full',
    );
    const listed = rows('field | meaning').flatMap(([cell]) => ticked(cell!));
    expect(listed.sort()).toEqual(Object.keys(JSON.parse(line) as object).sort());
  });
});
