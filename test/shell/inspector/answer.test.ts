/** What an inspector can do to an answer, over real sockets. */
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../support/answer-reader.ts';
import {
  asked,
  BLOCK,
  CUT,
  held,
  IN_CHUNKS,
  inspectedGate,
  LENGTH,
  NEXT,
  over,
  PASS,
  type Plan,
  UP,
  ups,
  upWith,
} from '../../support/inspector.ts';
import { until } from '../../support/until.ts';
import { bytes, Origin, RawClient, respond } from '../../support/wire.ts';

const BIG = 'a0n3'.repeat(200_000);

interface Kind {
  readonly kind: string;
  readonly answer: string;
  readonly ends?: boolean;
  readonly wants: number;
  readonly body: string;
  readonly steps: readonly string[];
}

const KINDS: readonly Kind[] = [
  {
    ...{ kind: 'a length', answer: LENGTH, wants: 100, body: 'hello' },
    ...{ steps: ['head 200 fields', 'answer 5 whole'] },
  },
  {
    ...{ kind: 'as many bytes as wanted', answer: LENGTH, wants: 5, body: 'hello' },
    ...{ steps: ['head 200 fields', 'answer 5 whole'] },
  },
  {
    ...{ kind: 'more than wanted', answer: LENGTH, wants: 2, body: 'hello' },
    ...{ steps: ['head 200 fields', 'answer 2 part'] },
  },
  {
    ...{ kind: 'chunks', answer: IN_CHUNKS, wants: 8, body: 'hello wo' },
    ...{ steps: ['head 200 fields', 'answer 8 whole'] },
  },
  {
    ...{ kind: 'an end by its connection', answer: 'HTTP/1.1 200 OK\r\n\r\nall of it', ends: true },
    ...{ wants: 100, body: 'all of it', steps: ['head 200 bare', 'answer 9 whole'] },
  },
  {
    ...{ kind: 'a length, and an end', answer: LENGTH, ends: true, wants: 100, body: 'hello' },
    ...{ steps: ['head 200 fields', 'answer 5 whole'] },
  },
  {
    kind: 'a large body',
    answer: `HTTP/1.1 200 OK\r\nContent-Length: ${BIG.length}\r\n\r\n${BIG}`,
    ...{ wants: 10_000, body: BIG, steps: ['head 200 fields', 'answer 10000 part'] },
  },
  {
    kind: 'a large body, all of it wanted',
    answer: `HTTP/1.1 200 OK\r\nContent-Length: ${BIG.length}\r\n\r\n${BIG}`,
    ...{ wants: 1_000_000, body: BIG, steps: ['head 200 fields', `answer ${BIG.length} whole`] },
  },
  {
    ...{ kind: 'no body', answer: 'HTTP/1.1 204 No Content\r\nX-App: 1\r\n\r\n', wants: 100 },
    ...{ body: '', steps: ['head 204 fields'] },
  },
  {
    ...{ kind: 'a body of nothing', answer: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' },
    ...{ wants: 100, body: '', steps: ['head 200 fields'] },
  },
];

describe.each(KINDS)('an answer with $kind', ({ answer, ends, wants, body, steps }) => {
  const hasBody = steps.length > 1;

  it.each(['at once', 'later'] as const)('passes %s, and the next request too', async (when) => {
    const origin = await upWith(answer, ends);
    const plan = { wantsAnswer: wants, answerBody: when === 'later' ? 'LATER' : PASS } as const;
    const gate = await inspectedGate(origin, ups(plan));
    const client = new RawClient(gate.port).send(`${UP}${NEXT}`);
    if (hasBody && when === 'later') {
      const late = await asked(gate);
      expect(client.received).toBe('');
      expect(held(gate)).toBeLessThanOrEqual(wants + 3 * 262_144);
      late.later!(PASS);
    }
    await client.sees(/\r\n\r\nok$/);
    const first = readAnswer(client.received, 0, 'GET')!;
    expect([first.body === body, first.whole]).toEqual([true, 'yes']);
    expect(gate.stub.seen[0]!.steps).toEqual([...steps, 'over']);
    if (hasBody) expect(gate.stub.seen[0]!.answerBytes).toBe(body.slice(0, wants));
    await until('it to be given back', () => held(gate) === 0);
  });

  it.each(['by its head', 'by its body', 'by its body, later'] as const)(
    'is replaced %s, and its connection not used again',
    async (by) => {
      const origin = await upWith(answer, ends);
      const plan: Plan =
        by === 'by its head' || !hasBody
          ? { head: BLOCK, wantsAnswer: wants }
          : { wantsAnswer: wants, answerBody: by === 'by its body' ? BLOCK : 'LATER' };
      const gate = await inspectedGate(origin, ups(plan));
      const client = new RawClient(gate.port).send(`${UP}${NEXT}`);
      if (plan.answerBody === 'LATER') (await asked(gate)).later!(BLOCK);
      await client.sees(/\r\n\r\nok$/);
      const first = readAnswer(client.received, 0, 'GET')!;
      expect(first.status).toBe(403);
      expect(first.head).toContain('X-Stub: blocked\r\n');
      expect(first.head).not.toContain('X-App');
      expect(first.body).toContain('problem:stub-blocked"');
      expect([origin.connections, held(gate)]).toEqual([2, 0]);
      expect(gate.stub.seen[0]!.steps).toEqual([
        ...(plan.head === undefined ? steps : steps.slice(0, 1)),
        'over',
      ]);
    },
  );

  it('is cut', async () => {
    const origin = await upWith(answer, ends);
    const plan: Plan = hasBody ? { wantsAnswer: wants, answerBody: CUT } : { head: CUT };
    const gate = await inspectedGate(origin, ups(plan));
    const client = new RawClient(gate.port).send(`${UP}${NEXT}`);
    await client.closed();
    expect([client.ended, client.received]).toEqual(['reset', '']);
    await over(gate);
    expect([origin.requests.length, held(gate)]).toEqual([1, 0]);
  });
});

describe('what is not looked at', () => {
  it('interim answers pass; HEAD has no body', async () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
    const origin = await Origin.start(
      bytes(`${early}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n`),
    );
    const gate = await inspectedGate(origin, { wantsAnswer: 100, answerBody: BLOCK });
    const client = new RawClient(gate.port).send('HEAD /up HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.sees(/^HTTP\/1\.1 103 [\s\S]*HTTP\/1\.1 200 OK[\s\S]*\r\n\r\n$/);
    await over(gate);
    expect(gate.stub.last.steps).toEqual(['head 200 fields', 'over']);
  });

  it('a tunnel: its request’s head only, and it is over when the tunnel is', async () => {
    const origin = await Origin.start(
      bytes(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      ),
    );
    const gate = await inspectedGate(origin, { wants: 100, head: BLOCK, wantsAnswer: 100 });
    const client = new RawClient(gate.port).send(
      'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await client.sees('101 Switching');
    client.send('ping');
    await until('the tunnel', () => origin.streams[0]?.endsWith('ping'));
    expect(gate.stub.last.steps).toEqual([]);
    client.socket.destroy();
    await over(gate);
    expect(gate.stub.last.steps).toEqual(['over']);
  });

  it('an answer that another try replaces', async () => {
    const origin = await Origin.start((_, socket, nth) => {
      if (nth === 1) socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
      else respond('fine')('', socket, 0);
    });
    const upstreams = 'default: { retries: { statuses: [503], others: 1 } }\napps: {}';
    const other = await Origin.start(respond('fine'));
    const endpoints = `["127.0.0.1:${origin.port}", "127.0.0.1:${other.port}"]`;
    const gate = await inspectedGate(origin, {}, { upstreams, endpoints });
    for (let i = 0; i < 3; i++) await new RawClient(gate.port).send(UP).sees('fine');
    const heads = gate.stub.seen.flatMap((s) => s.steps.filter((x) => x.startsWith('head')));
    expect(origin.requests.length).toBeGreaterThan(0);
    expect(heads).toEqual(Array<string>(3).fill('head 200 fields'));
  });
});
