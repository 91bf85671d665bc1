"""Random conversations with everything that makes a tracker's life hard: forms, corrections, interruptions, long digressions."""

import random
from collections.abc import Iterator

Said = tuple[str, str | None]
"""A text, and the payload of the button if it was one."""

QUESTIONS = (
    "was habt ihr für drohnen?", "wie lange fliegt die mini?", "wie schwer ist die pro?", "gibts die in rot?", "do you have e-bikes?",
    "was kostet das urbano cargo", "which one is better, the mini or the pro?", "ich hab 800 euro, was geht da?", "danke", "hallo",
    "kannst du das wiederholen?", "bist du ein mensch?", "was kannst du alles?", "ich will mit einem menschen sprechen",
    "wie wird das wetter morgen?", "wo ist meine bestellung?", "/thanks", "/help", "/bot_challenge", "/repeat",
    '/ask_product{"product": "aeropix-mini"}', '/check_availability{"product": "stridelab-run"}', '/browse_catalog{"product": "drohne"}',
)  # fmt: skip

UNCLEAR = (
    "asdf qwer",
    "hm",
    "der da drüben aber in so halb",
    "42",
    "?",
    "",
    "/restart",
    "/no_such_intent",
    "/ask_product{broken",
    "ja nein vielleicht",
)

ORDERS = (
    ("ich nehm zwei aeropix mini in rot", "Jonas Reuter, Lindenweg 12, 04107 Leipzig", "paypal", "/affirm"),
    ("ich nehm die mini", "rot", "Lindenweg 12, 04107 Leipzig", "Jonas Reuter", "auf rechnung", "nein doch drei", "/affirm"),
    ('/place_order{"product": "stridelab-run"}', "43", "schwarz", "Mia Kern, Am Markt 3, 28195 Bremen", "per lastschrift", "/deny",
     "lieber in 42", "/affirm"),
    ("ich will eine aeropix pro mieten", "6 monate", "schwarz", "Tom Baum, Ringstraße 8, 50667 Köln", "paypal", "doch 12 monate", "/affirm"),
    ("i'd like to buy an e-bike", "the e1", "M", "Ann Lee, Hauptstraße 12, 10115 Berlin", "credit card", "yes"),
    ("ich möchte bestellen", "die cinema", "Jonas Reuter, Lindenweg 12, 04107 Leipzig", "karte", "nein, doch die pro", "/affirm"),
)  # fmt: skip

CHANGES = (
    ("storniere meine bestellung", "/affirm"),
    ("storniere die bestellung", "/deny"),
    ("ich möchte meine bestellung ändern", "doch drei stück", "ja"),
    ("/change_order", "nach Am Markt 3, 28195 Bremen bitte", "/affirm"),
    ('/cancel_order{"order_number": "NC-104201"}', "ja bitte"),
)

ASIDES = (
    "stopp",
    "/stop",
    "ja",
    "nein",
    "/affirm",
    "/deny",
    "lass uns englisch sprechen",
    "auf deutsch bitte",
    "vergiss es",
    "ok",
)

LONGEST_DIGRESSION = 40


def conversation(seed: int, turns: int) -> list[Said]:
    """So many messages, the same for the same seed."""
    chance = random.Random(seed)
    messages = _messages(chance)
    return [_said(next(messages)) for _ in range(turns)]


def _messages(chance: random.Random) -> Iterator[str]:
    while True:
        yield from _digression(chance)
        yield from _goal(chance, chance.choice((*ORDERS, *ORDERS, *CHANGES)))


def _goal(chance: random.Random, messages: tuple[str, ...]) -> Iterator[str]:
    """A goal on its way to the end, unless it is left in the middle, stopped, or interrupted by another."""
    for message in messages:
        yield message
        fate = chance.random()
        if fate < 0.06:
            return
        if fate < 0.14:
            yield from _goal(chance, chance.choice((*CHANGES, *ORDERS)))
        elif fate < 0.24:
            yield from _digression(chance)
        elif fate < 0.36:
            yield chance.choice((*UNCLEAR, *ASIDES))


def _digression(chance: random.Random) -> Iterator[str]:
    """Mostly short, now and then very long."""
    length = chance.choice((0, 1, 1, 2, 3, 5, chance.randint(10, LONGEST_DIGRESSION)))
    for _ in range(length):
        yield chance.choice(UNCLEAR if chance.random() < 0.1 else QUESTIONS)


def _said(message: str) -> Said:
    """What begins with a slash arrives as the payload of a button, and, as a test of the door, as its text."""
    return (message, message) if message.startswith("/") else (message, None)
