-- Gives what was parked in one shard of a lane another try, at the end of its conversation's queue:
--   redis-cli --eval deploy/parked_again.lua 'nc:{0}:out:parked' 'nc:{0}:out:ready'
-- Answers how many; run it again until it answers 0.
local parked, ready = KEYS[1], KEYS[2]
local lane = string.sub(parked, 1, -#'parked' - 1)
local entries = redis.call('XRANGE', parked, '-', '+', 'COUNT', 1000)
for _, entry in ipairs(entries) do
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  redis.call('RPUSH', lane .. 'queue:' .. fields.name, fields.item)
  redis.call('XADD', ready, '*', 'name', fields.name)
  redis.call('XDEL', parked, entry[1])
end
return #entries
