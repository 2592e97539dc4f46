/** An origin for uploads: reads a body to its end, then says in X-Body-Bytes how much it was. */
import { createServer } from 'node:http';

createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  request.on('end', () => response.writeHead(204, { 'x-body-bytes': bytes }).end());
}).listen(Number(process.argv[2]), '127.0.0.1');
