/** What can be wrong with an upstream, as data. The names are those of docs/upstream-faults.md. */
import type { Fault, Step } from './relay.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const HALF = 'half of it';
const LENGTH_HALF = `${OK}Content-Length: 20\r\n\r\n${HALF}`;
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const CHUNKED_HALF = `${CHUNKED}a\r\n${HALF}\r\n`;
const CLOSE_HALF = `${OK}\r\n${HALF}`;
const TOO_LARGE = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n';
/** What a foreign answer would be taken for; no client may ever see it. */
export const FOREIGN = 'FOREIGN';
const SETTINGS_FRAME = '\0\0\0\x04\0\0\0\0\0';

const answers = (...script: Step[]): Fault => ({ at: 'answer', script });
const says = (send: string): Fault => answers({ send });
/** The client sees the first part before the second begins. */
const saysThen = (send: string, ...then: Step[]): Fault => answers({ send }, 'hold', ...then);
const meanwhile = (...script: Step[]): Fault => ({ at: 'request', script });
const idle = (...script: Step[]): Fault => ({ at: 'idle', script });

const interim = (count: number): string => {
  const lines = [
    'HTTP/1.1 102 Processing\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n',
  ];
  return Array.from({ length: count }, (_, i) => lines[i % 2]).join('');
};
const dribble = (text: string, everyMs: number): Step[] =>
  text.split(/(?=.)/).flatMap((send): Step[] => [{ waitMs: everyMs }, { send }]);

export const FAULTS = {
  'refuses connections': { connect: 'refuse' },
  'never accepts a connection': { connect: 'never' },
  'ends the connection at once': { at: 'accept', script: ['fin'] },

  'says nothing': answers(),
  'begins to answer too late': answers({ waitMs: 900 }, { send: `${OK}X: ${FOREIGN}\r\n\r\n` }),
  'begins to answer late, in time': answers({ waitMs: 150 }, 'pass'),
  'resets before the head': answers('reset'),
  'ends before the head': answers('fin'),
  'resets a kept connection': { ...answers('reset'), once: true },
  'ends a kept connection': { ...answers('fin'), once: true },

  'resets in the head': answers({ send: OK }, { waitMs: 50 }, 'reset'),
  'ends in the head': answers({ send: OK }, 'fin'),
  'stalls in the head': says(OK),

  'resets in a body of known length': saysThen(LENGTH_HALF, 'reset'),
  'ends in a body of known length': saysThen(LENGTH_HALF, 'fin'),
  'stalls in a body of known length': saysThen(LENGTH_HALF),
  'resets in a chunked body': saysThen(CHUNKED_HALF, 'reset'),
  'ends in a chunked body': saysThen(CHUNKED_HALF, 'fin'),
  'ends within a chunk': saysThen(`${CHUNKED}14\r\n${HALF}`, 'fin'),
  'stalls in a chunked body': saysThen(CHUNKED_HALF),
  'resets in a body that its end measures': saysThen(CLOSE_HALF, 'reset'),
  'stalls in a body that its end measures': saysThen(CLOSE_HALF),
  'ends a body that its end measures': saysThen(CLOSE_HALF, 'fin'),
  'sends a body in drops, past the idle time': answers(
    { send: `${OK}Content-Length: 14\r\n\r\n` },
    ...dribble('drop by drop..', 100),
    'pass the next',
  ),
  'sends a bad chunk size with the head': says(`${CHUNKED}-1\r\n${HALF}`),
  'sends a bad chunk size in the body': saysThen(CHUNKED_HALF, { send: 'zz\r\n' }),
  'sends a chunk longer than its size': saysThen(CHUNKED_HALF, { send: '2\r\nlong\r\n' }),

  'sends garbage instead of a head': says('\x16\x03\x01 no such thing\r\n\r\n'),
  'sends an HTTP/2 preface': says('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  'sends an HTTP/2 settings frame': says(SETTINGS_FRAME),
  'sends another version': says('HTTP/2 200\r\nContent-Length: 2\r\n\r\nok'),
  'sends a status that is no number': says('HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nok'),
  'sends a status above 599': says('HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nok'),
  'sends a head that is too long': says(`${OK}X-Long: ${'x'.repeat(70_000)}\r\n\r\n`),
  'sends too many fields': says(`${OK}${'X-F: 1\r\n'.repeat(300)}\r\n`),
  'sends a folded field': says(`${OK}X-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok`),
  'sends NUL in a field': says(`${OK}X-A: 1\x002\r\nContent-Length: 2\r\n\r\nok`),
  'ends a line with LF alone': says(`${OK}X-A: 1\nContent-Length: 2\r\n\r\nok`),
  'sends Content-Length twice': says(`${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`),
  'sends Content-Length with Transfer-Encoding': says(
    `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  ),
  'sends a Content-Length that is no number': says(`${OK}Content-Length: +2\r\n\r\nok`),
  'sends another transfer coding': says(`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`),

  'sends 100 unasked': answers({ send: 'HTTP/1.1 100 Continue\r\n\r\n' }, 'pass'),
  'sends 103 first': answers({ send: 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n' }, 'pass'),
  'sends 100 interim answers': answers({ send: interim(100) }, 'pass'),
  'sends 101 unasked': says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'),

  'sends more than the answer': says(`${OK}Content-Length: 2\r\n\r\nok${OK}X: ${FOREIGN}\r\n\r\n`),
  'sends more than the last chunk': says(`${CHUNKED}2\r\nok\r\n0\r\n\r\n${FOREIGN}`),
  'sends a body to HEAD': says(`${OK}Content-Length: 7\r\n\r\n${FOREIGN}`),
  'sends a body behind 204': says(`HTTP/1.1 204 No Content\r\n\r\n${FOREIGN}`),
  'answers nobody on an idle connection': idle({
    send: `${OK}Content-Length: 7\r\n\r\n${FOREIGN}`,
  }),
  'ends an idle connection': idle('fin'),
  'resets an idle connection': idle('reset'),

  'ends before it has the whole request': meanwhile('fin'),
  'resets before it has the whole request': meanwhile('reset'),
  'answers before it has the whole request': meanwhile({ send: `${TOO_LARGE}\r\nno` }),
  'answers before it has the whole request, and closes': meanwhile(
    { send: `${TOO_LARGE}Connection: close\r\n\r\nno` },
    'fin',
  ),
  'answers piece by piece before it has the whole request': meanwhile(
    { send: `HTTP/1.1 413 Content Too Large\r\nContent-Length: 20\r\n\r\n${HALF}` },
    'hold',
    { send: HALF },
  ),
  'stops reading the request': meanwhile('stop reading'),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
