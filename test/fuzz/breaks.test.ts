import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plainConfig, ROOT, scratch } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { gateProcess } from '../support/process.ts';
import { FuzzOrigin, type FuzzReport, fuzz } from './fuzzer.ts';

/** What would make a gate unsafe, as a change of its text. */
interface Break {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What the fuzzer must say about it. */
  readonly fault: RegExp;
}

const BREAKS: readonly Break[] = [
  {
    what: 'a bare LF ends a field line',
    file: 'src/shell/http1/head.ts',
    from: 'if (buf[i] !== CR) return this.refuse(REFUSAL.badField);',
    to: 'if (buf[i] === LF) i--;\n      else if (buf[i] !== CR) return this.refuse(REFUSAL.badField);',
    fault: /field line|bad byte in a head/,
  },
  {
    what: 'Content-Length may stand beside Transfer-Encoding',
    file: 'src/shell/http1/framing.ts',
    from: 'if (encoding >= 0 || section.occurrences(CONTENT_LENGTH) > 1)',
    to: 'if (section.occurrences(CONTENT_LENGTH) > 1)',
    fault: /more than one framing field/,
  },
  {
    what: 'any byte stands for the CR behind the data of a chunk',
    file: 'src/shell/http1/chunked.ts',
    from: 'if (buf[i++] !== CR) return MALFORMED;',
    to: 'i++;',
    fault: /^body /,
  },
  {
    what: 'internal fields of strangers go on',
    file: 'src/shell/proxy/request-edits.ts',
    from: 'DROP[INTERNAL] = 1;',
    to: '',
    fault: /X-Ldc-Zone/,
  },
];
/** The command from its sources, which Node strips of their types. */
const START =
  "import('../src/cli/main.ts').then((cli) => cli.main(process.argv.slice(2))).then(process.exit);";
/** At most; the first fault is enough. */
const INPUTS = 15_000;
const QUICK =
  'timeouts: { headMs: 1000, idleMs: 1000, firstByteMs: 1000, halfClosedMs: 1000, lingerMs: 500, keepAliveMs: 2000 }';

/** A copy of the sources, run as they are. @param change null for none */
async function fuzzCopy(change: Break | null, inputs = INPUTS): Promise<FuzzReport> {
  const folder = scratch();
  for (const part of ['src', 'package.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  if (change !== null) {
    const path = join(folder, change.file);
    const parts = readFileSync(path, 'utf8').split(change.from);
    if (parts.length !== 2)
      throw new Error(
        `${change.file} holds ${parts.length - 1} times, not once, the text to break: ${change.from}`,
      );
    writeFileSync(path, parts.join(change.to));
  }
  const [listen, admin, port] = [await freePort(), await freePort(), await freePort()];
  const origin = new FuzzOrigin();
  await origin.listen(port);
  onTestFinished(() => origin.stop());
  const config = plainConfig({ listen, admin, origins: [port], gate: QUICK });
  mkdirSync(join(folder, 'bin'));
  const bin = join(folder, 'bin', 'zonegate.js');
  writeFileSync(bin, START);
  (await gateProcess(config, 'i1', admin, {}, bin)).untilTestEnds();
  return fuzz(listen, origin, inputs, 20_261_122, { untilFault: true });
}

describe('the fuzzer finds', () => {
  it.each(BREAKS)('$what', async (change) => {
    const report = await fuzzCopy(change);
    expect(report.faults.join('\n')).toMatch(change.fault);
  });

  it('nothing in an unbroken copy', async () => {
    const report = await fuzzCopy(null, 2000);
    expect(report).toMatchObject({ inputs: 2000, faults: [], hangs: [], broken: 0 });
  });
});

it('a break whose text is gone from the sources says so', async () => {
  await expect(fuzzCopy({ ...BREAKS[0]!, from: 'no such text' })).rejects.toThrow(
    'src/shell/http1/head.ts holds 0 times, not once, the text to break: no such text',
  );
});
