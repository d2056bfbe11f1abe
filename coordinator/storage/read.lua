--[[
Reads the records of a kind that have not run out, or one of them.

KEYS[1]  values: a hash from key to value
KEYS[2]  ends: a sorted set of the keys by the millisecond they run out, +inf for never
ARGV[1]  'get', 'count', 'keys' or 'list'
ARGV[2]  key, for 'get'

Returns for get: the value or nil; count: the number; keys: key, remainingMs or '', key, ...;
list: key, remainingMs or '', value, key, ...

Promises: one instant of the server's clock and one state of the data.
]]
local now = redis.call('TIME')
local nowMs = now[1] * 1000 + now[2] / 1000
local later = '(' .. string.format('%.3f', nowMs)

if ARGV[1] == 'get' then
  local untilMs = redis.call('ZSCORE', KEYS[2], ARGV[2])
  return untilMs and tonumber(untilMs) > nowMs and redis.call('HGET', KEYS[1], ARGV[2])
end
if ARGV[1] == 'count' then return redis.call('ZCOUNT', KEYS[2], later, '+inf') end

local ends = redis.call('ZRANGEBYSCORE', KEYS[2], later, '+inf', 'WITHSCORES')
local records = {}
for i = 1, #ends, 2 do
  records[#records + 1] = ends[i]
  records[#records + 1] = ends[i + 1] == 'inf' and '' or string.format('%.3f', ends[i + 1] - nowMs)
  if ARGV[1] == 'list' then records[#records + 1] = redis.call('HGET', KEYS[1], ends[i]) end
end
return records
