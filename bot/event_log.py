"""How events join a conversation's log and window in Redis: Lua that the turn's commit and the tracker store share."""

STORE_EVENTS = """
local function push(key, first, count)
  for start = first, first + count - 1, 1000 do
    redis.call('RPUSH', key, unpack(ARGV, start, math.min(start + 999, first + count - 1)))
  end
end
local function store_events(log, window, version, first, new, kept)
  -- ARGV[first..] holds the new events, then (when kept >= 0) the whole window that replaces the old one
  if kept >= 0 then
    redis.call('DEL', window)
    redis.call('RPUSH', window, version)
    push(window, first + new, kept)
  else
    if redis.call('EXISTS', window) == 0 then redis.call('RPUSH', window, version) end
    redis.call('LSET', window, 0, version)
    push(window, first, new)
  end
  push(log, first, new)
end
"""
"""The part of a script that appends a conversation's events to its log and window (keys `log`, `window`)."""
