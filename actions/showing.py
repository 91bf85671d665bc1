"""Products, prices and lines of orders as they are shown, wherever they are."""

from collections.abc import Mapping, Sequence

from actions import wording
from actions.backend.port import Address, Feature, Line, Money, Option, Order, Product, Variant
from actions.base import Button, Card, Turn, button
from actions.reading.products import KIND_WORDS

MAX_CARDS = 4
PREMIUM = "-premium"
"""How the ids of premium plans end."""


def card(turn: Turn, product: Product) -> Card:
    """A product as Rasa's `elements` have it."""
    return {
        "title": product.name,
        "subtitle": f"{_ended(turn.named(product.tagline))} {price_words(turn, product)}",
        "image_url": turn.image(product),
        "buttons": [
            button(turn.either("Mehr dazu", "Tell me more"), "ask_product", product=product.id),
            order_button(turn, product),
        ],
    }


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(("!", "?", "…")) else f"{sentence.rstrip('.')}."


def cards(turn: Turn, products: Sequence[Product]) -> list[Card]:
    return [card(turn, product) for product in products[:MAX_CARDS]]


def order_button(turn: Turn, product: Product) -> Button:
    return button(turn.either("Bestellen", "Order"), "place_order", product=product.id)


def order_offer(turn: Turn, product: Product) -> list[Button]:
    """A way on; none while another form waits for its answer."""
    return [] if turn.open_form else [order_button(turn, product)]


def kind_buttons(turn: Turn, catalog: Sequence[Product], intent: str) -> list[Button]:
    return [
        button(_kind_name(turn, product), intent, product=_kind_word(product.kind))
        for product in _first_of_kinds(catalog)
    ]


def kinds_in_words(turn: Turn, products: Sequence[Product]) -> str:
    return turn.listed([_kind_name(turn, product) for product in _first_of_kinds(products)])


def _first_of_kinds(products: Sequence[Product]) -> list[Product]:
    """One product of each kind, in the catalog's order."""
    return list({product.kind: product for product in reversed(products)}.values())[::-1]


def _kind_name(turn: Turn, product: Product) -> str:
    return turn.named(product.kind_name) if product.kind_name else wording.kind(product.kind, turn.language)


def _kind_word(kind: str) -> str:
    return KIND_WORDS[kind].split()[0] if kind in KIND_WORDS else kind


def price_words(turn: Turn, product: Product) -> str:
    """ "499 € oder ab 23,20 € im Monat"; what is only sold has no price per month."""
    start = "" if len({variant.price.amount for variant in product.variants}) == 1 else turn.either("ab ", "from ")
    bought = turn.money(product.price)
    if not product.rental_terms:
        return f"{start}{bought}"
    prices = rent_by_term(product)
    rented = turn.money(min(prices.values(), key=lambda price: price.amount) if prices else product.monthly_price)
    return turn.either(f"{start}{bought} oder ab {rented} im Monat", f"{start}{bought} or from {rented} a month")


def rent_by_term(product: Product) -> dict[int, Money]:
    """What the cheapest variant costs a month, by the months it is rented for; empty where the shop does not say."""
    prices: dict[int, Money] = {}
    for price in (price for variant in product.variants for price in variant.rental_prices):
        known = prices.get(price.months)
        if known is None or price.monthly_price.amount < known.amount:
            prices[price.months] = price.monthly_price
    return dict(sorted(prices.items()))


def terms_in_words(turn: Turn, prices: Mapping[int, Money]) -> str:
    """ "37,70 € (1 Monat), 33,40 € (3 Monate) …"."""
    return turn.listed(
        [f"{turn.money(price)} ({wording.months(months, turn.language)})" for months, price in prices.items()]
    )


def options_in_words(turn: Turn, product: Product, chosen: Mapping[str, str]) -> str:
    """ " in Größe M, Rot"; empty when nothing was chosen."""
    names = [
        _value_in_words(turn, option, value.id, turn.named(value.name))
        for option in product.options
        for value in option.values
        if chosen.get(option.id) == value.id
    ]
    return f" in {', '.join(names)}" if names else ""


def _value_in_words(turn: Turn, option: Option, value_id: str, name: str) -> str:
    """A bare letter or number says too little."""
    return f"{turn.named(option.name)} {name}" if len(value_id) <= 2 else name


def choices(turn: Turn, option: Option, variants: Sequence[Variant]) -> list[str]:
    """The option's values that occur among the variants."""
    there = {variant.options.get(option.id) for variant in variants}
    return [turn.named(value.name) for value in option.values if value.id in there]


def feature(turn: Turn, shown: Feature) -> str:
    """ "Flugzeit 31 Minuten", "Sitzheizung nein"."""
    return f"{turn.named(shown.name)} {wording.feature(shown.value, shown.unit, turn.language)}"


def line_in_words(turn: Turn, line: Line, catalog: Sequence[Product]) -> str:
    """ "2 × AeroPix Mini in Rot (je 499 €)"."""
    price = turn.money(line.unit_price)
    if line.term_months:
        price = (
            turn.either(f"{price} im Monat", f"{price} a month")
            + f", {wording.months(line.term_months, turn.language)}"
        )
    if line.plan_id and line.plan_id.endswith(PREMIUM):
        price = turn.either(f"Premium-Tarif, {price}", f"premium plan, {price}")
    each = turn.either("je ", "each ") if line.quantity > 1 else ""
    return f"{piece_in_words(turn, line, catalog)} ({each}{price}){_addons_in_words(turn, line)}"


def piece_in_words(turn: Turn, line: Line, catalog: Sequence[Product]) -> str:
    """ "2 × AeroPix Mini in Rot"."""
    product = next((product for product in catalog if product.id == line.product_id), None)
    options = options_in_words(turn, product, line.options) if product else ""
    return f"{line.quantity} × {line.product_name}{options}"


def _addons_in_words(turn: Turn, line: Line) -> str:
    """ " mit Versicherung (6 € im Monat)"."""
    named = [
        f"{turn.named(addon.name)} ({turn.money(addon.price)}{turn.either(' im Monat', ' a month') if addon.monthly else ''})"
        for addon in line.addons
    ]
    return turn.either(" mit ", " with ") + turn.listed(named) if named else ""


def lines_in_words(turn: Turn, lines: Sequence[Line], catalog: Sequence[Product]) -> str:
    return turn.listed([line_in_words(turn, line, catalog) for line in lines])


def dated(response: str, order: Order) -> str:
    """The response about an order under way; of a shop that promises no day, the one without it."""
    return response if order.promised_date else f"{response}_undated"


def address_in_words(turn: Turn, address: Address) -> str:
    """With the country, unless it is the one that goes without saying."""
    country = "" if address.country == "DE" else f", {wording.country(address.country, turn.language)}"
    return f"{address.name}, {address.street}, {address.postal_code} {address.city}{country}"
