"""The Lua scripts that make a turn a transaction. Each touches the keys of one shard only.

The rule that keeps messages from being forgotten: a conversation with a non-empty queue has its name in the ready stream
(delivered or not), or in the `later` set. A name is acknowledged only together with the reason why it is not needed.
"""

from bot.event_log import STORE_EVENTS

ACCEPT = """
local queue, ready, home, seen = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local item, name, seen_seconds, max_waiting = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local moved_to = redis.call('GET', home)
if moved_to and redis.call('EXISTS', queue) == 0 then
  if seen_seconds > 0 and redis.call('EXISTS', seen) == 1 then return 0 end
  return moved_to
end
if max_waiting > 0 and redis.call('LLEN', queue) >= max_waiting then return -1 end
if seen_seconds > 0 and not redis.call('SET', seen, '1', 'NX', 'EX', seen_seconds) then return 0 end
redis.call('RPUSH', queue, item)
redis.call('XADD', ready, '*', 'name', name)
return 1
"""
"""Answers the conversation to go on to, once one has moved and nothing waits in it any more: so an account's messages keep their order."""

_NAMES = """
local lock, queue, tries, ready, later = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local accounts, home = KEYS[6], KEYS[7]
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
    return {'next', head, redis.call('INCR', tries), redis.call('GET', home) or '', redis.call('HGETALL', accounts)}
  end
  redis.call('DEL', lock)
  drop_entry()
  return {'done'}
end
"""

CLAIM = (
    _NAMES
    + """
local window, known_version = KEYS[8], ARGV[6]
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
local found = {'next', head, tried, redis.call('GET', home) or '', redis.call('HGETALL', accounts), version}
if version ~= known_version then found[7] = redis.call('LRANGE', window, 1, -1) end
return found
"""
)

COMMIT = (
    _NAMES
    + _MINE
    + _ADVANCE
    + STORE_EVENTS
    + """
local log, window, parked, out_ready, answer, parted_at = KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12], KEYS[13]
local old_version, new_version, new, kept = ARGV[6], ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
local answered, answers, failure = ARGV[10], ARGV[11], ARGV[12]
local linked, unlinked, parted = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])
local queued, now = tonumber(ARGV[16]), ARGV[17]
local OUT_QUEUES = 13
local next_arg = 18
local function take()
  next_arg = next_arg + 1
  return ARGV[next_arg - 1]
end
if (redis.call('LINDEX', window, 0) or '0') ~= old_version then return {'lost'} end
for _ = 1, linked do
  local account = take()
  redis.call('HSETNX', accounts, account, now)
  redis.call('HDEL', parted_at, account)
end
for _ = 1, unlinked do redis.call('HDEL', accounts, take()) end
for _ = 1, parted do
  local account = take()
  redis.call('HDEL', accounts, account)
  redis.call('HSET', parted_at, account, now)
end
for _ = 1, queued do redis.call('RPUSH', queue, take()) end
for number = OUT_QUEUES + 1, #KEYS do
  local towards, count = take(), tonumber(take())
  push(KEYS[number], next_arg, count)
  next_arg = next_arg + count
  redis.call('XADD', out_ready, '*', 'name', towards)
end
if new > 0 then store_events(log, window, new_version, next_arg, new, kept) end
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
local parked, failure = KEYS[8], ARGV[6]
if failure ~= '' then
  redis.call('XADD', parked, '*', 'name', name, 'error', failure, 'item', redis.call('LINDEX', queue, 0))
end
return advance()
"""
)
"""Takes the delivered (or given up) head off a queue and goes on to the next."""

MOVE = (
    _NAMES
    + _MINE
    + _ADVANCE
    + """
redis.call('SET', home, ARGV[6])
return advance()
"""
)
"""From now on the conversation's messages go on to another; the head, which made it move, is there already."""

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
