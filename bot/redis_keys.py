"""Every Redis key: what it is, its type, its expiry. One table, so that an operator can read the database.

A conversation belongs to one shard; all its keys carry the shard's hash tag, so that one script touches one slot and the
same code runs on one Redis and on a Cluster. `lane` is `in` (messages to be answered) or `out` (replies to be delivered).
Replies to another account than the conversation's own have a queue for each: `<name>` is then `<conversation>><account>`.

| key                             | type   | expiry      | what                                                        |
|---------------------------------|--------|-------------|-------------------------------------------------------------|
| nc:{s}:<lane>:ready             | stream | –           | names of conversations with something to do; consumer group |
| nc:{s}:<lane>:queue:<name>      | list   | –           | messages or deliveries, in order                            |
| nc:{s}:<lane>:lock:<name>       | string | LOCK_SECONDS| token of the worker that has the conversation               |
| nc:{s}:<lane>:tries:<name>      | string | –           | how often the head of the queue was begun                   |
| nc:{s}:<lane>:later             | zset   | –           | names whose head is to be tried again, by due time          |
| nc:{s}:<lane>:parked            | stream | –           | heads given up, with their error                            |
| nc:{s}:seen:<name>:<id>         | string | SEEN_SECONDS| a vendor's message id that was accepted                     |
| nc:{s}:home:<account>           | string | –           | the conversation that a linked account belongs to           |
| nc:{s}:accounts:<name>          | hash   | –           | accounts linked to a conversation, and since when           |
| nc:{s}:parted:<name>            | hash   | –           | accounts parted from a conversation, and when               |
| nc:{s}:log:<name>               | list   | –           | all Rasa events of the conversation, append only            |
| nc:{s}:window:<name>            | list   | –           | version, then the Rasa events that a turn needs             |
| nc:{s}:code:<digest>            | hash   | CODE_SECONDS| what a one-time code proves, and the message that used it    |
| nc:{s}:guesses:<account>        | string | 15 minutes  | wrong codes that an account told                            |
| nc:{s}:guesses:                 | string | 1 minute    | wrong codes that all accounts told                          |
| nc:{s}:codes:<name>             | string | 15 minutes  | codes made for a conversation                               |
| nc:{s}:answer:<name>:<id>       | string | 10 minutes  | replies to a message of a channel that waits for them       |
| nc:{s}:web:<account>            | stream | 90 days     | what a visitor of the web chat saw, at most 500 entries     |
| nc:{s}:web-customer:<account>   | string | 90 days     | the customer who was signed in when the visitor came last   |
| nc:oauth:sign-in:<id>           | string | 15 minutes  | one customer's way through the pages of account linking     |
| nc:oauth:<kind>:<digest>        | string | ≤ 90 days   | codes and tokens of account linking: code, access, refresh, spent, revoked |
| nc:dev:outbox                   | list   | 1 day       | mails of the development outbox                             |
| nc:{s}:untold:<account>         | string | 9 minutes   | a message whose answer came too late for Alexa or a call    |
| nc:{s}:rate:<channel>:<account> | string | 1 minute    | messages in this minute                                     |
| nc:<channel>:payload:<hash>     | string | 30 days     | a payload that is too long for the channel's buttons        |
| nc:<channel>:sent:<…>           | string | 1 day       | how many parts of a delivery the vendor has                 |
| nc:<channel>:choices:<account>  | string | 1 day       | what the numbers under the last text mean (SMS, Matrix)     |
| nc:matrix:room:<account>        | string | –           | where a customer spoke last                                 |
| nc:matrix:encrypted:<room>      | string | 1 day       | it was said that this room cannot be read                   |
| nc:phone:choices:<call>         | string | 1 hour      | what the digits of a phone mean                             |
| nc:whatsapp:heard:<account>     | string | 24 hours    | the customer wrote, so we may write                         |
| nc:whatsapp:invited:<account>   | string | 24 hours    | a template was sent                                         |
| nc:whatsapp:kept:<account>      | list   | 30 days     | replies that wait until the customer writes                 |
| nc:whatsapp:media:<hash>        | string | 25 days     | a picture's id at Meta's                                    |
| nc:whatsapp:user:<id>           | string | –           | the number of a customer who may hide it later              |
| nc:answers:<gateway>            | pubsub | –           | answers for the requests that a gateway holds open          |
| nc:web                          | pubsub | –           | accounts of the web chat that have something new            |
"""

import zlib
from dataclasses import dataclass
from typing import Literal

GROUP = "workers"
"""The consumer group of every ready stream."""

WEB_CHANNEL = "nc:web"

TOWARDS = ">"
"""Between a conversation and the account that a queue of replies leads to; in no name of either."""

Lane = Literal["in", "out"]


@dataclass(frozen=True)
class Keys:
    """Names the keys of an installation with so many shards."""

    shards: int

    def shard_of(self, name: str) -> int:
        return zlib.crc32(name.partition(TOWARDS)[0].encode()) % self.shards

    def ready(self, lane: Lane, shard: int) -> str:
        return f"nc:{{{shard}}}:{lane}:ready"

    def later(self, lane: Lane, shard: int) -> str:
        return f"nc:{{{shard}}}:{lane}:later"

    def parked(self, lane: Lane, shard: int) -> str:
        return f"nc:{{{shard}}}:{lane}:parked"

    def queue(self, lane: Lane, name: str) -> str:
        return self._of(name, f"{lane}:queue:{name}")

    def lock(self, lane: Lane, name: str) -> str:
        return self._of(name, f"{lane}:lock:{name}")

    def tries(self, lane: Lane, name: str) -> str:
        return self._of(name, f"{lane}:tries:{name}")

    def seen(self, name: str, message_id: str) -> str:
        return self._of(name, f"seen:{name}:{message_id}")

    def log(self, name: str) -> str:
        return self._of(name, f"log:{name}")

    def window(self, name: str) -> str:
        return self._of(name, f"window:{name}")

    def home(self, account: str) -> str:
        return self._of(account, f"home:{account}")

    def accounts(self, name: str) -> str:
        return self._of(name, f"accounts:{name}")

    def parted(self, name: str) -> str:
        return self._of(name, f"parted:{name}")

    def code(self, digest: str) -> str:
        return self._of(digest, f"code:{digest}")

    def guesses(self, account: str) -> str:
        return self._of(account, f"guesses:{account}")

    def codes_made(self, name: str) -> str:
        return self._of(name, f"codes:{name}")

    def answer(self, name: str, message_id: str) -> str:
        return self._of(name, f"answer:{name}:{message_id}")

    @staticmethod
    def asked(answer: str) -> str:
        """The message of an `answer` key."""
        return answer.split(":", 4)[4]

    def web(self, account: str) -> str:
        return self._of(account, f"web:{account}")

    def web_customer(self, account: str) -> str:
        return self._of(account, f"web-customer:{account}")

    def untold(self, channel: str, account: str) -> str:
        return self._of(account, f"untold:{channel}:{account}")

    def rate(self, channel: str, account: str) -> str:
        return self._of(account, f"rate:{channel}:{account}")

    def answers(self, gateway: str) -> str:
        return f"nc:answers:{gateway}"

    def _of(self, name: str, rest: str) -> str:
        return f"nc:{{{self.shard_of(name)}}}:{rest}"
