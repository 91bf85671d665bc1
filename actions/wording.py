"""Money, dates, lists and features as people write them, in German and English."""

from collections.abc import Mapping, Sequence
from datetime import date

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

LOCALES = {"de": "de_DE", "en": "en_GB"}
_AND = {"de": "und", "en": "and"}
_OR = {"de": "oder", "en": "or"}
_YES_NO = {"de": ("ja", "nein"), "en": ("yes", "no")}
_PAYMENTS = {
    "paypal": {"de": "PayPal", "en": "PayPal"},
    "card": {"de": "Kreditkarte", "en": "card"},
    "direct_debit": {"de": "Lastschrift", "en": "direct debit"},
    "invoice": {"de": "Rechnung", "en": "invoice"},
    "gift_card": {"de": "Gutschein", "en": "gift card"},
}
_STATUS = {
    "pending": {"de": "angenommen", "en": "received"},
    "processed": {"de": "in Vorbereitung", "en": "being prepared"},
    "shipped": {"de": "unterwegs", "en": "on its way"},
    "delivered": {"de": "zugestellt", "en": "delivered"},
    "cancelled": {"de": "storniert", "en": "cancelled"},
}
_PAID = {
    "paypal": {"de": "per PayPal", "en": "by PayPal"},
    "card": {"de": "per Kreditkarte", "en": "by card"},
    "direct_debit": {"de": "per Lastschrift", "en": "by direct debit"},
    "invoice": {"de": "auf Rechnung", "en": "on invoice"},
    "gift_card": {"de": "mit Gutschein", "en": "with a gift card"},
}
_PAYMENT_STATUS = {
    "open": {"de": "noch nicht bezahlt", "en": "not paid yet"},
    "due": {"de": "noch nicht eingezogen", "en": "not collected yet"},
    "paid": {"de": "bezahlt", "en": "paid"},
    "failed": {"de": "fehlgeschlagen", "en": "failed"},
    "refunded": {"de": "erstattet", "en": "refunded"},
    "none": {"de": "nichts zu bezahlen", "en": "nothing to pay"},
}
_FAILURES = {
    "declined": {"de": "die Zahlung wurde abgelehnt", "en": "the payment was declined"},
    "insufficient_funds": {"de": "das Konto war nicht gedeckt", "en": "there was not enough money in the account"},
    "expired": {"de": "die Karte ist abgelaufen", "en": "the card has expired"},
    "cancelled": {"de": "die Zahlung wurde abgebrochen", "en": "the payment was cancelled"},
}
_COUNTRIES = {
    "DE": {"de": "Deutschland", "en": "Germany"},
    "AT": {"de": "Österreich", "en": "Austria"},
    "CH": {"de": "Schweiz", "en": "Switzerland"},
}
_REFUNDED = {
    "paypal": {"de": "auf PayPal", "en": "to PayPal"},
    "card": {"de": "auf die Karte", "en": "to the card"},
    "direct_debit": {"de": "auf das Konto", "en": "to the account"},
    "invoice": {"de": "per Überweisung", "en": "by bank transfer"},
    "gift_card": {"de": "auf den Gutschein", "en": "onto the gift card"},
}
_MONTHS = {"de": ("1 Monat", "{} Monate"), "en": ("1 month", "{} months")}
_PIECES = {"de": ("ein Stück", "{} Stück"), "en": ("one", "{}")}
_UNITS = {
    "min": {"de": "Minuten", "en": "minutes"},
    "h": {"de": "Stunden", "en": "hours"},
    "s": {"de": "Sekunden", "en": "seconds"},
    "days": {"de": "Tage", "en": "days"},
    "months": {"de": "Monate", "en": "months"},
    "years": {"de": "Jahre", "en": "years"},
    "l": {"de": "Liter", "en": "litres"},
}
_KINDS = {
    "drone": {"de": "Drohnen", "en": "drones"},
    "e_bike": {"de": "E-Bikes", "en": "e-bikes"},
    "car": {"de": "Elektroautos", "en": "electric cars"},
    "chair": {"de": "smarte Stühle", "en": "smart chairs"},
    "shoe": {"de": "smarte Schuhe", "en": "smart shoes"},
}


def money(amount: int, currency: str, language: str) -> str:
    """49900, EUR -> "499,00 €" or "€499.00"; whole amounts without the zeros."""
    pattern = {"de": "#,##0 ¤", "en": "¤#,##0"}[language] if amount % 100 == 0 else None
    return str(
        format_currency(
            amount / 100, currency, format=pattern, locale=LOCALES[language], currency_digits=pattern is None
        )
    )


def day(iso: str, language: str, *, this_year: int) -> str:
    """2026-11-27 -> "Freitag, 27. November" or "Friday, 27 November"; of another year "Donnerstag, 25. November 2027"."""
    when = date.fromisoformat(iso[:10])
    pattern = {"de": "EEEE, d. MMMM", "en": "EEEE, d MMMM"}[language] + ("" if when.year == this_year else " yyyy")
    return str(format_date(when, pattern, locale=LOCALES[language]))


def months(count: int, language: str) -> str:
    return _MONTHS[language][0] if count == 1 else _MONTHS[language][1].format(count)


def pieces(count: int, language: str) -> str:
    return _PIECES[language][0] if count == 1 else _PIECES[language][1].format(count)


def listed(things: Sequence[str], language: str, *, choice: bool = False) -> str:
    """["a", "b", "c"] -> "a, b und c"; with `choice` "a, b oder c"."""
    if len(things) < 2:
        return "".join(things)
    word = (_OR if choice else _AND)[language]
    return f"{', '.join(things[:-1])} {word} {things[-1]}"


def feature(value: bool | float | str, unit: str | None, language: str) -> str:
    """31, "min" -> "31 Minuten"; True -> "ja"."""
    if isinstance(value, bool):
        return _YES_NO[language][0 if value else 1]
    shown = value if isinstance(value, str) else format_decimal(value, locale=LOCALES[language])
    return f"{shown} {_UNITS.get(unit, {}).get(language, unit)}" if unit else str(shown)


def country(code: str, language: str) -> str:
    return _COUNTRIES[code][language]


def payment(method: str, language: str) -> str:
    return _name(_PAYMENTS, method, language)


def paid(method: str, language: str) -> str:
    """How an order is paid, as it stands in a sentence: "auf Rechnung"."""
    return _name(_PAID, method, language)


def refunded(method: str, language: str) -> str:
    """Which way money goes back: "auf die Karte"."""
    return _name(_REFUNDED, method, language)


def payment_status(of: str, language: str) -> str:
    return _name(_PAYMENT_STATUS, of, language)


def failure(of: str, language: str) -> str:
    """Why a payment did not go through."""
    return _name(_FAILURES, of, language)


def status(of: str, language: str) -> str:
    return _name(_STATUS, of, language)


def kind(of: str, language: str) -> str:
    return _name(_KINDS, of, language)


def _name(table: Mapping[str, Mapping[str, str]], key: str, language: str) -> str:
    """A word of ours for a word of the shop's; a word that is new to us is said as it came."""
    return table[key][language] if key in table else key.replace("_", " ")
