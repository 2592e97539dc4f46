/**
 * What runs inside Redis, each as one step that nothing comes between. All keys of a script have one
 * hash tag, so they lie on one node of a cluster. Sent whole each time (EVAL): so no script can be
 * missing after a failover, and the right to EVALSHA is not needed.
 */
import { FORGET_GATE_AFTER_MS, MAX_AUDIT_LINES, MAX_BOARD_BYTES } from './entries.ts';

/** Gives `none`, `too-large` with a size, or `board` with epoch, digest and text. */
const READ_BOARD = `
local function readBoard(key)
  if redis.call('EXISTS', key) == 0 then return {'none'} end
  local size = redis.call('HSTRLEN', key, 'text')
  if size > ${MAX_BOARD_BYTES} then return {'too-large', tostring(size)} end
  local f = redis.call('HMGET', key, 'epoch', 'digest', 'text')
  return {'board', f[1] or '', f[2] or '', f[3] or ''}
end
`;

/** KEYS: board. */
export const READ = `${READ_BOARD} return readBoard(KEYS[1])`;

/**
 * KEYS: board, audit. ARGV: expected epoch, epoch, digest, text, audit line, channel. Epochs are
 * compared as text: Lua's numbers would round. The message is a nudge, so it carries the epoch only.
 */
export const COMMIT = `${READ_BOARD}
local stored = '0'
if redis.call('EXISTS', KEYS[1]) == 1 then stored = redis.call('HGET', KEYS[1], 'epoch') or '' end
if stored ~= ARGV[1] then return readBoard(KEYS[1]) end
redis.call('LPUSH', KEYS[2], ARGV[5])
redis.call('LTRIM', KEYS[2], 0, ${MAX_AUDIT_LINES - 1})
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'digest', ARGV[3], 'text', ARGV[4])
redis.call('PUBLISH', ARGV[6], ARGV[2])
return {'stored'}
`;

const NOW = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`;

/** KEYS: gates. ARGV: gate, lease in ms, ack as JSON. No message: a beat changes no board. */
export const BEAT = `${NOW}
local entry = string.format('{"atMs":%.0f,"leaseMs":%s,"ack":%s}', now, ARGV[2], ARGV[3])
return redis.call('HSET', KEYS[1], ARGV[1], entry)
`;

/** KEYS: gates. Gives the time, then gate and entry in turn; forgets whoever was silent for thirty days. */
export const FLEET = `${NOW}
local all = redis.call('HGETALL', KEYS[1])
local out = {string.format('%.0f', now)}
for i = 1, #all, 2 do
  local at = string.match(all[i + 1], '^{"atMs":(%d+),')
  if at and now - tonumber(at) > ${FORGET_GATE_AFTER_MS} then
    redis.call('HDEL', KEYS[1], all[i])
  else
    out[#out + 1] = all[i]
    out[#out + 1] = all[i + 1]
  end
end
return out
`;

/** KEYS: audit. ARGV: line. */
export const APPEND = `
redis.call('LPUSH', KEYS[1], ARGV[1])
return redis.call('LTRIM', KEYS[1], 0, ${MAX_AUDIT_LINES - 1})
`;
