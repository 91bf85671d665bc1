"""The Lua scripts that make a turn a transaction. Each touches the keys of one shard only.

The rule that keeps messages from being forgotten: a conversation with a non-empty queue has its name in the ready stream
(delivered or not), or in the `later` set. A name is acknowledged only together with the reason why it is not needed.
"""

from bot.event_log import STORE_EVENTS

ACCEPT = """
local queue, ready, seen = KEYS[1], KEYS[2], KEYS[3]
local item, name, seen_seconds, max_waiting = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if max_waiting > 0 and redis.call('LLEN', queue) >= max_waiting then return -1 end
if seen_seconds > 0 and not redis.call('SET', seen, '1', 'NX', 'EX', seen_seconds) then return 0 end
redis.call('RPUSH', queue, item)
redis.call('XADD', ready, '*', 'name', name)
return 1
"""

_NAMES = """
local lock, queue, tries, ready, later = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local token, lock_ms, entry, group, name = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local function drop_entry()
  redis.call('XACK', ready, group, entry)
  redis.call('XDEL', ready, entry)
end
"""

_MINE = """
if redis.call('GET', lock) ~= token then return {'lost'} end
"""

_ADVANCE = """
local function advance()
  redis.call('LPOP', queue)
  redis.call('DEL', tries)
  redis.call('ZREM', later, name)
  local head = redis.call('LINDEX', queue, 0)
  if head then
    redis.call('PEXPIRE', lock, lock_ms)
    return {'next', head, redis.call('INCR', tries)}
  end
  redis.call('DEL', lock)
  drop_entry()
  return {'done'}
end
"""

CLAIM = (
    _NAMES
    + """
local window, known_version = KEYS[6], ARGV[6]
local former_life, this_life, reclaimed, now = ARGV[7], ARGV[8], ARGV[9] == '1', tonumber(ARGV[10])
local function begins_with(text, prefix) return string.sub(text, 1, #prefix) == prefix end
local due = redis.call('ZSCORE', later, name)
if due and tonumber(due) > now then
  drop_entry()
  return {'later'}
end
if not redis.call('SET', lock, token, 'NX', 'PX', lock_ms) then
  local holder = redis.call('GET', lock)
  local holder_is_dead = former_life ~= '' and begins_with(holder, former_life) and not begins_with(holder, this_life)
  if not holder_is_dead then
    if not reclaimed then drop_entry() end
    return {'held'}
  end
  redis.call('SET', lock, token, 'PX', lock_ms)
end
local head = redis.call('LINDEX', queue, 0)
if not head then
  redis.call('DEL', lock)
  drop_entry()
  return {'empty'}
end
local tried = redis.call('INCR', tries)
local version = redis.call('LINDEX', window, 0) or '0'
if version == known_version then return {'next', head, tried, version} end
return {'next', head, tried, version, redis.call('LRANGE', window, 1, -1)}
"""
)

COMMIT = (
    _NAMES
    + _MINE
    + _ADVANCE
    + STORE_EVENTS
    + """
local log, window, parked, out_queue, out_ready, answer = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local old_version, new_version, new, kept = ARGV[6], ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
local deliveries, answered, answers, failure = tonumber(ARGV[10]), ARGV[11], ARGV[12], ARGV[13]
if (redis.call('LINDEX', window, 0) or '0') ~= old_version then return {'lost'} end
if deliveries > 0 then
  push(out_queue, 14, deliveries)
  redis.call('XADD', out_ready, '*', 'name', name)
end
if new > 0 then store_events(log, window, new_version, 14 + deliveries, new, kept) end
if answered ~= '' then
  redis.call('SET', answer, answered, 'EX', 600)
  redis.call('PUBLISH', answers, answer)
end
if failure ~= '' then
  redis.call('XADD', parked, '*', 'name', name, 'error', failure, 'item', redis.call('LINDEX', queue, 0))
end
return advance()
"""
)
"""Ends a turn: its events, replies and effects become real together, or not at all."""

FINISH = (
    _NAMES
    + _MINE
    + _ADVANCE
    + """
local parked, failure = KEYS[6], ARGV[6]
if failure ~= '' then
  redis.call('XADD', parked, '*', 'name', name, 'error', failure, 'item', redis.call('LINDEX', queue, 0))
end
return advance()
"""
)
"""Takes the delivered (or given up) head off a queue and goes on to the next."""

POSTPONE = (
    _NAMES
    + _MINE
    + """
redis.call('ZADD', later, ARGV[6], name)
redis.call('DEL', lock)
drop_entry()
return {'done'}
"""
)
"""Lets the conversation go; its head is tried again when it is due."""

PROMOTE = """
local later, ready = KEYS[1], KEYS[2]
local due = redis.call('ZRANGEBYSCORE', later, '-inf', ARGV[1], 'LIMIT', 0, 100)
for _, name in ipairs(due) do
  redis.call('XADD', ready, '*', 'name', name)
  redis.call('ZREM', later, name)
end
return #due
"""

RENEW = """
for i, lock in ipairs(KEYS) do
  if redis.call('GET', lock) == ARGV[i + 1] then redis.call('PEXPIRE', lock, ARGV[1]) end
end
"""
