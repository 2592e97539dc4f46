// The baseline that many Node gateways stand on: http-proxy with keep-alive, doing the same routing.
const http = require('node:http');
const httpProxy = require('http-proxy');

const [port, origin] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
const proxy = httpProxy.createProxyServer({ agent, xfwd: true });
const zones = Array.from({ length: 100 }, (_, shard) => ({
  name: `RZ0${Math.floor(shard / 20) + 1}`,
  target: `http://127.0.0.1:${origin}`,
}));
proxy.on('error', (_, __, res) => res.end());
let id = 0;
const counts = new Map();
http
  .createServer((req, res) => {
    const shard = Number(/(?:^|; )LDC_ROUTE=v1\.(\d+)\./.exec(req.headers.cookie ?? '')?.[1] ?? 0);
    const zone = zones[shard];
    counts.set(zone.name, (counts.get(zone.name) ?? 0) + 1);
    req.headers.via = '1.1 http-proxy';
    req.headers['x-request-id'] = String(++id);
    req.headers['x-ldc-zone'] = zone.name;
    proxy.web(req, res, { target: zone.target });
  })
  .listen(port, '127.0.0.1');
