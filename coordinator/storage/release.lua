--[[
Lets the lease run out now.

KEYS[1]  lease
ARGV[1]  epoch

Returns 1 when this epoch held it, else 0. The epoch stays, so that the next one is larger.
]]
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'holder', 'url')
redis.call('HSET', KEYS[1], 'until', '0')
return 1
