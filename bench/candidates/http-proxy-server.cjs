// http-proxy with keep-alive, doing the same routing: PORT ORIGIN plain|routed.
const http = require('node:http');
const httpProxy = require('http-proxy');

const [port, origin] = process.argv.slice(2, 4).map(Number);
const routed = process.argv[4] === 'routed';
const agent = new http.Agent({ keepAlive: true, maxSockets: 4096, maxFreeSockets: 4096 });
const proxy = httpProxy.createProxyServer({ agent, xfwd: routed });
const zones = Array.from({ length: 100 }, (_, shard) => ({
  name: `RZ0${Math.floor(shard / 20) + 1}`,
  target: `http://127.0.0.1:${origin}`,
}));
proxy.on('error', (_, __, res) => res.end());
if (routed) proxy.on('proxyRes', (answer) => (answer.headers.via = '1.1 http-proxy'));
let id = 0;
const counts = new Map();

function route(req) {
  const shard = Number(/(?:^|; )LDC_ROUTE=v1\.(\d+)\./.exec(req.headers.cookie ?? '')?.[1] ?? 0);
  const zone = zones[shard];
  counts.set(zone.name, (counts.get(zone.name) ?? 0) + 1);
  req.headers.via = '1.1 http-proxy';
  req.headers['x-request-id'] = String(++id);
  req.headers['x-ldc-zone'] = zone.name;
  req.headers['x-ldc-shard'] = String(shard);
  return zone;
}

http
  .createServer({ keepAliveTimeout: 3_600_000 }, (req, res) => {
    proxy.web(req, res, { target: (routed ? route(req) : zones[0]).target });
  })
  .listen(port, '127.0.0.1');
