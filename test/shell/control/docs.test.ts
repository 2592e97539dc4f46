/** docs/control-api.md: its table against what is served, its commands as they stand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../support/config.ts';
import { ask, serveControl } from '../../support/control.ts';
import { StandInDesk } from '../../support/desk-stand-in.ts';
import { program, run } from '../../support/programs.ts';

const text = readFileSync(join(ROOT, 'docs', 'control-api.md'), 'utf8');

describe('docs/control-api.md', () => {
  it('is short enough to be read at night', () => {
    expect(text.split('\n').length).toBeLessThan(120);
  });

  it('lists every endpoint, and no other', async () => {
    const at = await serveControl({ desk: new StandInDesk() });
    const { paths } = (await ask(at, '/v1/openapi.json')).json as { paths: Record<string, object> };
    const served = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const listed = [...text.matchAll(/^\| `((?:GET|POST) [^`]+)` \|/gm)].map((m) => m[1]!);
    const verbs = ['hold', 'abort', 'approve'].map((v) => `POST /v1/runs/{id}/${v}`);
    expect([...listed, ...verbs].sort()).toEqual(served.sort());
  });

  it('has commands that work, one after the other', async () => {
    const desk = new StandInDesk();
    // The run stays where it is, so that there is something to hold.
    desk.stepsPerAsking = 0;
    const { url } = await serveControl({ desk });
    const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((m) => m[1]!).join('');
    const commands = blocks
      .replace(/ \\\n */g, ' ')
      .trim()
      .split('\n');
    expect(commands.length).toBeGreaterThan(6);
    for (const command of commands) {
      const line = command
        .replaceAll('http://127.0.0.1:9901', url)
        .replace(/^curl /, `'${program('CURL')}' -q --noproxy '*' `);
      const { code, err, out } = await run('sh', ['-c', line]);
      expect([command, code, err]).toEqual([command, 0, '']);
      expect(() => JSON.parse(out) as unknown).not.toThrow();
    }
    expect(desk.given.map((c) => c.do)).toEqual(['drain', 'hold', 'continue']);
  });
});
