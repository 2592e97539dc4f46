/** A repository of 5 MB, pushed and cloned over the gate by git itself. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CgiOrigin, cgiOrigin } from '../support/cgi.ts';
import { scratch } from '../support/config.ts';
import { plainGate } from '../support/gate.ts';
import { program, run } from '../support/programs.ts';
import { twoGates } from '../support/two-gates.ts';

const WAYS: readonly (readonly [string, (origin: number) => Promise<{ port: number }>])[] = [
  ['one gate', (origin) => plainGate([origin])],
  ['two gates', twoGates],
];

/** git, untouched by the settings of whoever runs the tests. */
class Git {
  readonly #env: Record<string, string>;

  constructor(home: string) {
    const [name, mail] = ['zonegate', 'zonegate@example'];
    this.#env = {
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: mail,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: mail,
      NO_PROXY: '*',
      no_proxy: '*',
    };
  }

  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  async run(cwd: string, ...args: string[]): Promise<string> {
    const { code, out, err } = await run(program('GIT'), args, { cwd, env: this.#env });
    expect(code, `git ${args.join(' ')}\n${err}`).toBe(0);
    return out.trim();
  }
}

interface Forge {
  readonly git: Git;
  readonly home: string;
  readonly bare: string;
  readonly origin: CgiOrigin;
}

/** An empty repository behind `git http-backend`. */
async function forge(): Promise<Forge> {
  const home = scratch();
  const git = new Git(home);
  const bare = join(home, 'store', 'repo.git');
  mkdirSync(bare, { recursive: true });
  await git.run(bare, 'init', '--quiet', '--bare', '--initial-branch=main');
  await git.run(bare, 'config', 'http.receivepack', 'true');
  const origin = await cgiOrigin({
    file: program('GIT'),
    args: ['http-backend'],
    env: { ...git.env, GIT_PROJECT_ROOT: join(home, 'store'), GIT_HTTP_EXPORT_ALL: '1' },
  });
  return { git, home, bare, origin };
}

/** 5 MB that no compression makes smaller: one large file, many small ones, a program. */
async function work(git: Git, home: string): Promise<string> {
  const folder = join(home, 'work');
  mkdirSync(join(folder, 'deep', 'er'), { recursive: true });
  writeFileSync(join(folder, 'large.bin'), randomBytes(4 * 1024 * 1024));
  for (let i = 0; i < 100; i++)
    writeFileSync(join(folder, 'deep', 'er', `${i}.bin`), randomBytes(10 * 1024));
  writeFileSync(join(folder, 'start.sh'), '#!/bin/sh\n');
  chmodSync(join(folder, 'start.sh'), 0o755);
  await git.run(folder, 'init', '--quiet', '--initial-branch=main');
  await git.run(folder, 'add', '--all');
  await git.run(folder, 'commit', '--quiet', '--message=all');
  return folder;
}

describe.each(WAYS)('git through %s', (_, way) => {
  // git sends a pack larger than this buffer in chunks, a smaller one with its length.
  it.each([
    ['in chunks', '65536', 'chunked'],
    ['with its length', '16777216', 'length'],
  ])('pushes %s what a clone gives back byte for byte', async (__, buffer, framing) => {
    const { git, home, bare, origin } = await forge();
    const { port } = await way(origin.port);
    const url = `http://127.0.0.1:${port}/repo.git`;
    const from = await work(git, home);
    await git.run(from, '-c', `http.postBuffer=${buffer}`, 'push', '--quiet', url, 'main');
    expect(origin.requests).toContain(`POST ${framing} /repo.git/git-receive-pack`);
    const to = join(home, 'clone');
    await git.run(home, 'clone', '--quiet', url, to);
    const tree = await git.run(from, 'rev-parse', 'HEAD^{tree}');
    expect(await git.run(to, 'rev-parse', 'HEAD^{tree}')).toBe(tree);
    for (const repository of [bare, to]) await git.run(repository, 'fsck', '--full', '--strict');
    expect(await git.run(to, 'status', '--porcelain')).toBe('');

    writeFileSync(join(from, 'later.bin'), randomBytes(100_000));
    await git.run(from, 'add', '--all');
    await git.run(from, 'commit', '--quiet', '--message=later');
    await git.run(from, 'push', '--quiet', url, 'main');
    await git.run(to, 'pull', '--quiet', '--ff-only');
    expect(await git.run(to, 'rev-parse', 'HEAD')).toBe(await git.run(from, 'rev-parse', 'HEAD'));
    await git.run(to, 'fsck', '--full', '--strict');
  });
});
