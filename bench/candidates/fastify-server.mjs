// @fastify/http-proxy (undici behind it), doing the same routing: PORT ORIGIN plain|routed.
import proxy from '@fastify/http-proxy';
import fastify from 'fastify';

const [port, origin] = process.argv.slice(2, 4).map(Number);
const routed = process.argv[4] === 'routed';
const upstream = `http://127.0.0.1:${origin}`;
const zones = Array.from({ length: 100 }, (_, shard) => `RZ0${Math.floor(shard / 20) + 1}`);
let id = 0;
const counts = new Map();

function rewriteRequestHeaders(request, headers) {
  const shard = Number(/(?:^|; )LDC_ROUTE=v1\.(\d+)\./.exec(headers.cookie ?? '')?.[1] ?? 0);
  const zone = zones[shard];
  counts.set(zone, (counts.get(zone) ?? 0) + 1);
  return {
    ...headers,
    via: '1.1 fastify',
    'x-forwarded-for': request.ip,
    'x-forwarded-proto': 'http',
    'x-forwarded-host': request.host,
    'x-request-id': String(++id),
    'x-ldc-zone': zone,
    'x-ldc-shard': String(shard),
  };
}

// It would pass on what the origin says of its own connection, and close the client's behind it.
function rewriteHeaders({ connection, 'keep-alive': keepAlive, ...headers }) {
  return routed ? { ...headers, via: '1.1 fastify' } : headers;
}

const app = fastify({
  logger: false,
  bodyLimit: 64 * 1024 * 1024,
  keepAliveTimeout: 3_600_000,
});
app.register(proxy, {
  upstream,
  disableRequestLogging: true,
  undici: { connections: 4096, pipelining: 1 },
  replyOptions: { rewriteHeaders, ...(routed ? { rewriteRequestHeaders } : {}) },
});
await app.listen({ port, host: '127.0.0.1' });
