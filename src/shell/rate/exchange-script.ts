/**
 * Runs in Redis, so that all slots are by one clock. KEYS: the gates, then one key for each count.
 * ARGV: this gate, its lease in ms, then for each count the length of its slots in ms and what to add.
 * @returns gates heard of within their lease, then the total of each window
 */
export const EXCHANGE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local out = { redis.call('ZCARD', KEYS[1]) }
for i = 2, #KEYS do
  local key = KEYS[i]
  local slotMs = tonumber(ARGV[2 * i - 1])
  local slot = math.floor(now / slotMs)
  if ARGV[2 * i] ~= '0' then
    redis.call('HINCRBY', key, string.format('%.0f', slot), ARGV[2 * i])
    redis.call('PEXPIRE', key, math.ceil(slotMs * 9))
  end
  local sum = 0
  local all = redis.call('HGETALL', key)
  for j = 1, #all, 2 do
    if tonumber(all[j]) > slot - 8 then
      sum = sum + tonumber(all[j + 1])
    else
      redis.call('HDEL', key, all[j])
    end
  end
  out[i] = sum
end
return out
`;
