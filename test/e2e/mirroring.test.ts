/** docs/mirroring.md: its example is read, its commands are given, and copies arrive meanwhile. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { mirrorSchema } from '../../src/mirror/mirror-schema.ts';
import { mirrorsAnswer } from '../../src/shell/control/mirror-answers.ts';
import { useCluster } from '../support/cluster.ts';
import { run } from '../support/command.ts';
import { ROOT } from '../support/config.ts';
import { until } from '../support/until.ts';
import { RawClient } from '../support/wire.ts';

const cluster = useCluster(12);
const text = readFileSync(join(ROOT, 'docs', 'mirroring.md'), 'utf8');
const blocks = (kind: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((m) => m[1]!);

it('the examples are Mirror documents', () => {
  const rules = blocks('yaml').map((text) => mirrorSchema.parse(parse(text)).rules.length);
  expect(rules).toEqual([2, 1]);
});

it('what is dropped is explained', () => {
  const causes = ['in-flight', 'rps', 'buffer', 'too-large', 'cut', 'connections', 'down'];
  const scenes = ['quota', 'elsewhere', 'no-shadow', 'foreign-uid', 'stopped'];
  for (const cause of [...causes, ...scenes, 'nowhere', 'pressure', 'bug'])
    expect(text).toMatch(new RegExp(`^\\|.*\`${cause}\`.*\\|`, 'm'));
});

it('the commands work as they are written down', async () => {
  const { text: admin } = cluster.admin('hz1');
  const drawn = async (): Promise<number> => {
    const answer = await fetch(`http://${admin}/v1/mirrors`);
    return mirrorsAnswer.parse(await answer.json()).rules[0]!.drawn;
  };
  const { port } = cluster.listener('hz1', 'external');
  const ask = (uid: number) =>
    new RawClient(port)
      .send(`GET /catalog?uid=20880000000${uid} HTTP/1.1\r\nHost: shop.example\r\n\r\n`)
      .sees('"app":"catalog"');
  const lines = blocks('sh').flatMap((b) => b.trim().split('\n'));
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    const [, ...words] = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]!);
    const done = await run(...words, '--admin', `http://${admin}`);
    expect([line, done.code, done.code === 0 ? '' : done.err]).toEqual([line, 0, '']);
    const before = await drawn();
    await Promise.all([...Array(20).keys()].map((i) => ask(10_000 + i * 371)));
    const now = (await drawn()) - before;
    const copies = line.includes(' set ') && !line.includes('--dry-run');
    expect([line, copies ? now > 0 && now < 20 : now]).toEqual([line, copies ? true : 0]);
  }
  await until('the shadow to have answered', async () => {
    const status = await run('mirror', 'status', '--admin', `http://${admin}`);
    return /answered 2xx \d+/.test(status.out);
  });
}, 60_000);
