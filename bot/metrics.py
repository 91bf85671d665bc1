"""What an operator measures. Counted in every process, added up by /metrics."""

from prometheus_client import Counter, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

ACCEPTED = Counter("nochannel_messages_total", "Messages at the door, by channel and outcome.", ["channel", "outcome"])
ACCEPT_SECONDS = Histogram(
    "nochannel_accept_seconds", "From parsed request to stored message.", ["channel"], buckets=_FAST
)
TURNS = Counter("nochannel_turns_total", "Turns begun, by outcome.", ["outcome"])
TURN_SECONDS = Histogram("nochannel_turn_seconds", "From claim to commit.", buckets=_FAST)
ANSWER_SECONDS = Histogram(
    "nochannel_answer_seconds", "From receipt of a message to the commit of its answer.", buckets=_FAST
)
CODES = Counter("nochannel_codes_total", "One-time codes, by what became of them.", ["outcome"])
DELIVERIES = Counter(
    "nochannel_deliveries_total", "Replies on their way out, by channel and outcome.", ["channel", "outcome"]
)
