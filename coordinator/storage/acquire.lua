--[[
Takes the lease when nobody holds it, when it ran out, from one who is dead, or by force.

KEYS[1]  lease: a hash of epoch, serial, holder, url, until, incarnation
ARGV[1]  holder
ARGV[2]  url, or ''
ARGV[3]  forMs
ARGV[4]  '1': force
ARGV[5]  a holder who is dead, or ''

Returns {'acquired', epoch, serial, incarnation, recorded incarnation or ''}
     or {'held', epoch, holder, url or '', remainingMs}.

Promises: one of those who race takes it; the epoch is larger than every earlier one, also than those a lost lease had
(at least the server's clock in microseconds). Serial and recorded incarnation stay.
]]
local now = redis.call('TIME')
local nowMs = now[1] * 1000 + now[2] / 1000
local lease = redis.call('HMGET', KEYS[1], 'epoch', 'serial', 'holder', 'url', 'until', 'incarnation')

if lease[3] and tonumber(lease[5]) > nowMs and ARGV[4] ~= '1' and lease[3] ~= ARGV[5] then
  return { 'held', lease[1], lease[3], lease[4], string.format('%.3f', lease[5] - nowMs) }
end

local epoch = string.format('%.0f', math.max((tonumber(lease[1]) or 0) + 1, now[1] * 1000000 + now[2]))
local serial = lease[2] or '0'
redis.call('HSET', KEYS[1], 'epoch', epoch, 'serial', serial, 'holder', ARGV[1], 'url', ARGV[2],
  'until', string.format('%.0f', math.ceil(nowMs + ARGV[3])))
local incarnation = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
return { 'acquired', epoch, serial, incarnation, lease[6] or '' }
