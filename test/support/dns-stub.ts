/** A DNS server on loopback that answers what it is told, or nothing. */
import dgram from 'node:dgram';
import { onTestFinished } from 'vitest';

export interface DnsRecord {
  readonly type: 'A' | 'AAAA' | 'SRV';
  readonly ttlS: number;
  /** An address, or `priority weight port name`. */
  readonly value: string;
}

const TYPES = { A: 1, AAAA: 28, SRV: 33 } as const;

export class DnsStub {
  readonly #socket = dgram.createSocket('udp4');
  /** By name in lower case. */
  readonly records = new Map<string, readonly DnsRecord[]>();
  mode: 'answer' | 'silent' | 'servfail' = 'answer';
  queries = 0;

  static async start(): Promise<DnsStub> {
    const stub = new DnsStub();
    stub.#socket.on('message', (m, from) => stub.#reply(m, from.port));
    await new Promise<void>((resolve) => stub.#socket.bind(0, '127.0.0.1', resolve));
    onTestFinished(() => void stub.#socket.close());
    return stub;
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  #reply(query: Buffer, port: number): void {
    this.queries++;
    if (this.mode === 'silent') return;
    let end = 12;
    const labels: string[] = [];
    while (query[end] !== 0) {
      const length = query[end]!;
      labels.push(query.toString('latin1', end + 1, end + 1 + length));
      end += length + 1;
    }
    const type = query.readUInt16BE(end + 1);
    const known = this.records.get(labels.join('.').toLowerCase());
    const answers = (this.mode === 'answer' ? (known ?? []) : []).filter(
      (r) => TYPES[r.type] === type,
    );
    const code = this.mode === 'servfail' ? 2 : known === undefined ? 3 : 0;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    const question = query.subarray(12, end + 5);
    const reply = Buffer.concat([head, question, ...answers.map(recordBytes)]);
    this.#socket.send(reply, port, '127.0.0.1');
  }
}

function recordBytes({ type, ttlS, value }: DnsRecord): Buffer {
  const data = dataBytes(type, value);
  const fixed = Buffer.alloc(12);
  fixed.writeUInt16BE(0xc00c, 0); // the name stands at byte 12
  fixed.writeUInt16BE(TYPES[type], 2);
  fixed.writeUInt16BE(1, 4);
  fixed.writeUInt32BE(ttlS, 6);
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([fixed, data]);
}

function dataBytes(type: DnsRecord['type'], value: string): Buffer {
  if (type === 'A') return Buffer.from(value.split('.').map(Number));
  if (type === 'AAAA') {
    // Written out in full by whoever uses it.
    return Buffer.from(
      value.split(':').flatMap((h) => [...Buffer.from(h.padStart(4, '0'), 'hex')]),
    );
  }
  const [priority, weight, port, name = ''] = value.split(' ');
  const numbers = Buffer.alloc(6);
  for (const [i, n] of [priority, weight, port].entries()) numbers.writeUInt16BE(Number(n), i * 2);
  const labels = name.split('.').map((l) => Buffer.from([l.length, ...Buffer.from(l)]));
  return Buffer.concat([numbers, ...labels, Buffer.from([0])]);
}
