/**
 * Opens connections, asks once on each, and keeps them: `idle-clients.ts PORT COUNT COOKIE`. Says
 * `open` when every one of them has been answered. Several addresses of loopback, because one has not
 * ports enough everywhere.
 */
import net from 'node:net';

const [port = 0, count = 0] = process.argv.slice(2, 4).map(Number);
const cookie = process.argv[4] ?? '';
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];
const AT_ONCE = 100;
const HEAD = `GET /api/orders HTTP/1.1\r\nHost: shop.example\r\nCookie: ${cookie}\r\n\r\n`;

function lost(error: Error): void {
  console.error(error.message);
  process.exit(1);
}

/** Resolves with the answer's last byte; the body has no line feed, so it ends after the head. */
function openOne(index: number): Promise<void> {
  return new Promise((resolve) => {
    const localAddress = ADDRESSES[index % ADDRESSES.length]!;
    const socket = net.connect({ host: '127.0.0.1', port, localAddress }, () => socket.write(HEAD));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const headEnd = answer.indexOf('\r\n\r\n');
      const length = /^content-length: (\d+)/im.exec(answer)?.[1];
      if (headEnd < 0 || answer.length < headEnd + 4 + Number(length)) return;
      if (!answer.startsWith('HTTP/1.1 200')) lost(new Error(answer.slice(0, 100)));
      answer = '';
      resolve();
    });
    // Also later on: one that is not there any more must not count as one that costs nothing.
    socket.on('error', lost);
    socket.on('close', () => lost(new Error(`connection ${index} was closed`)));
  });
}

for (let open = 0; open < count; open += AT_ONCE) {
  const batch = Math.min(AT_ONCE, count - open);
  await Promise.all(Array.from({ length: batch }, (_, i) => openOne(open + i)));
}
console.log('open');
