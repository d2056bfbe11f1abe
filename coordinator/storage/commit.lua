--[[
Writes and deletes records if the lease's epoch still allows it, and extends the lease.

KEYS[1]           lease
KEYS[2 .. K + 1]  values: for each of the K kinds a hash from key to value
KEYS[K+2 .. 2K+1] ends: for each kind, in the same order, a sorted set of its keys by the millisecond they run out,
                  +inf for never
ARGV[1]  epoch         ARGV[2]  holder        ARGV[3]  url, or ''    ARGV[4]  forMs of the lease
ARGV[5]  serial        ARGV[6]  acknowledged  ARGV[7]  incarnation   ARGV[8]  '1': restores
ARGV[9]  number of records to delete, then for each: number of its kind from 1, key
         then for each record to put: number of its kind, key, forMs or '', value

Returns {'committed', incarnation}, {'fenced'}, {'lost'} or {'superseded'}.

Promises: all or nothing, because nothing runs beside a script and the first write fails before it changes anything.
The incarnation is that of the server that runs this: a promoted replica cannot pass for the old primary. What ran out
is removed a little at a time, faster than commits add to it; first, so that a server at maxmemory can recover.
]]
local HEADER = 9
local epoch = tonumber(ARGV[1])
local lease = redis.call('HMGET', KEYS[1], 'epoch', 'serial', 'holder')
local incarnation = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local allowed = ARGV[8] == '1'

local storedEpoch = tonumber(lease[1])
if storedEpoch and storedEpoch >= epoch then
  local storedSerial = tonumber(lease[2])
  if storedEpoch > epoch or lease[3] ~= ARGV[2] then return { 'fenced' } end
  if storedSerial >= tonumber(ARGV[5]) then return { 'superseded' } end
  allowed = allowed or (storedSerial >= tonumber(ARGV[6]) and incarnation == ARGV[7])
end
if not allowed then return { 'lost' } end

local now = redis.call('TIME')
local nowMs = now[1] * 1000 + now[2] / 1000
local kinds = (#KEYS - 1) / 2
local function valuesOf(kind) return KEYS[1 + kind] end
local function endsOf(kind) return KEYS[1 + kinds + kind] end

local sweepLimit = 20 + math.floor((#ARGV - HEADER) / 2)
for kind = 1, kinds do
  local gone = redis.call('ZRANGEBYSCORE', endsOf(kind), '-inf', nowMs, 'LIMIT', 0, sweepLimit)
  for _, key in ipairs(gone) do
    redis.call('HDEL', valuesOf(kind), key)
    redis.call('ZREM', endsOf(kind), key)
  end
end

redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'serial', ARGV[5], 'holder', ARGV[2], 'url', ARGV[3],
  'until', string.format('%.0f', math.ceil(nowMs + ARGV[4])), 'incarnation', incarnation)

local at = HEADER + 1
for _ = 1, tonumber(ARGV[HEADER]) do
  local kind, key = tonumber(ARGV[at]), ARGV[at + 1]
  redis.call('HDEL', valuesOf(kind), key)
  redis.call('ZREM', endsOf(kind), key)
  at = at + 2
end
while at <= #ARGV do
  local kind, key, forMs, value = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  redis.call('HSET', valuesOf(kind), key, value)
  redis.call('ZADD', endsOf(kind), forMs == '' and '+inf' or math.ceil(nowMs + forMs), key)
  at = at + 4
end
return { 'committed', incarnation }
