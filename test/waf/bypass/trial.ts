/** Tries one row of the matrix: the attack ends at the gate, the harmless value comes through whole. */
import { unchunked } from '../../support/pieces.ts';
import { bodyOf, headOf, type Origin } from '../../support/wire.ts';
import type { CrsGate } from '../crs/crs-gate.ts';
import { type Reply, send } from '../crs/send.ts';
import type { Row } from './rows.ts';

const PATIENCE_MS = 20_000;

/** @returns what is wrong, in words */
export async function trial(gate: CrsGate, origin: Origin, row: Row): Promise<string[]> {
  const wrong: string[] = [];
  const before = origin.streams.join('');
  const refused = await ask(gate, row.shape(row.attack));
  if (!isRefusal(refused)) wrong.push(`${row.name}: the attack got ${told(refused)}`);
  const reached = origin.streams.join('').slice(before.length);
  if (reached !== '') wrong.push(`${row.name}: the upstream was sent ${show(reached)}`);
  if (row.benign === null) {
    const also = await ask(gate, row.shape('blue'));
    if (!isRefusal(also)) wrong.push(`${row.name}: a harmless value is let pass: ${told(also)}`);
    return wrong;
  }
  const request = row.shape(row.benign);
  const count = origin.requests.length;
  const passed = await ask(gate, request);
  if (passed.kind !== 'answer' || passed.status !== 200) {
    wrong.push(`${row.name}: the harmless value got ${told(passed)}`);
    return wrong;
  }
  const got = origin.requests.slice(count);
  if (got.length !== 1) wrong.push(`${row.name}: the upstream got ${got.length} requests`);
  wrong.push(...differences(request, got[0] ?? '').map((d) => `${row.name}: ${d}`));
  return wrong;
}

const ask = (gate: CrsGate, request: string): Promise<Reply> =>
  send(gate.address, Buffer.from(request, 'latin1'), PATIENCE_MS);

/** By the firewall, or by the gate before it: 4xx, or 501 for a transfer coding. */
const isRefusal = (reply: Reply): boolean =>
  reply.kind === 'answer' && ((reply.status >= 400 && reply.status < 500) || reply.status === 501);

const told = (reply: Reply): string =>
  reply.kind === 'error' ? reply.why : `${reply.status} ${show(reply.body)}`;
const show = (text: string): string => JSON.stringify(text.slice(0, 300));

/** Fields that say how a message is framed, or where it goes, are each hop's own. */
const HOP = /^(?:host|connection|transfer-encoding|content-length|te|expect|trailer):/i;

function differences(sent: string, got: string): string[] {
  const wrong: string[] = [];
  const [sentLine = '', ...sentFields] = headOf(sent).split('\r\n');
  const [gotLine = '', ...gotFields] = headOf(got).split('\r\n');
  const cookies = gotFields.filter((f) => f.startsWith('Cookie: ')).join('; ');
  const target = (line: string): string =>
    (line.split(' ')[1] ?? '').replace(/^http:\/\/shop\.test/, '');
  if (target(sentLine) !== target(gotLine))
    wrong.push(`the target came as ${show(target(gotLine))}, sent as ${show(target(sentLine))}`);
  for (const field of sentFields) {
    // Two lines of cookies go on as one (RFC 9110, section 5.3).
    const came = field.startsWith('Cookie: ')
      ? cookies.includes(field.slice(8))
      : gotFields.includes(field);
    if (field === '' || HOP.test(field) || came) continue;
    wrong.push(`the field ${show(field)} is not among ${show(gotFields.join('|'))}`);
  }
  if (payload(sent) !== payload(got))
    wrong.push(`the body came as ${show(payload(got))}, sent as ${show(payload(sent))}`);
  return wrong;
}

const payload = (message: string): string =>
  /^transfer-encoding: *chunked/im.test(headOf(message))
    ? unchunked(bodyOf(message))
    : bodyOf(message);
