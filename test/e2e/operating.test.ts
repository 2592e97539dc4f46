/** Documents of commands: every one, in order, against the fleet of the reference configuration. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useCluster } from '../support/cluster.ts';
import { run } from '../support/command.ts';
import { ROOT } from '../support/config.ts';

const commandsOf = (doc: string): string[] =>
  [...readFileSync(join(ROOT, 'docs', doc), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap((m) => m[1]!.trim().split('\n'))
    .filter((line) => !line.startsWith('export '));

/** Orders of the README; what it shows of files and requests is tried elsewhere. */
const ordersOfReadme = (): string[] =>
  readFileSync(join(ROOT, 'README.md'), 'utf8')
    .split('\n')
    .filter((line) =>
      /^npm run -s zonegate -- (?:status|failover|restore|release|gray|elastic|mirror|stress) /.test(
        `${line} `,
      ),
    )
    .map((line) => line.replace('npm run -s zonegate --', 'zonegate'));

/** `zonegate a "b c" # note` → its words and the code that the note tells. */
function parse(line: string): { words: string[]; code: number } {
  const [command = '', note = ''] = line.split(/\s+#\s+/);
  const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]!);
  expect(words.shift()).toBe('zonegate');
  return { words, code: Number(/ends with (\d)/.exec(note)?.[1] ?? 0) };
}

describe.each([
  ['operating.md', 23],
  ['releases.md', 30],
  ['stress.md', 31],
])('docs/%s', (doc, thousands) => {
  const cluster = useCluster(thousands);
  it('works as it is written down', async () => {
    const commands = commandsOf(doc);
    const { text: admin } = cluster.admin('hz1');
    expect(commands.length).toBeGreaterThan(4);
    let asked = '';
    for (const line of commands) {
      const { words, code } = parse(line);
      // The ids of runs go on counting; what a command has just told to type is typed.
      const typed = words.map((w) => (/^r\d+$/.test(w) ? asked : w));
      const asks = line.startsWith('zonegate stress token') ? [] : ['--admin', `http://${admin}`];
      const done = await run(...typed, ...asks);
      expect([line, done.code, done.code === code ? '' : done.err + done.out]).toEqual([
        line,
        code,
        '',
      ]);
      asked = /plan approve (r\d+)/.exec(done.err)?.[1] ?? asked;
    }
    const board = await (await fetch(`http://${admin}/v1/board`)).text();
    const { owners, switches } = (
      JSON.parse(board) as { board: { owners: string[]; switches: object[] } }
    ).board;
    expect(owners).toEqual(cluster.snapshot.rules.owners);
    expect(switches).toEqual([]);
  }, 120_000);
});

describe('README.md', () => {
  const cluster = useCluster(32);
  it('orders what it says', async () => {
    const { text: admin } = cluster.admin('hz1');
    const orders = ordersOfReadme();
    expect(orders.length).toBeGreaterThan(8);
    for (const line of orders) {
      const done = await run(...parse(line).words, '--admin', `http://${admin}`);
      expect([line, done.code, done.code === 0 ? '' : done.err]).toEqual([line, 0, '']);
    }
  }, 120_000);
});
