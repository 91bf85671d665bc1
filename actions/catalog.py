"""Browsing, asking, comparing, availability, advice within a budget."""

from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import SlotSet

from actions import reading, wording
from actions.backend.port import Feature, Product
from actions.base import Button, Event, GoalAction, Turn

MAX_CARDS = 4
MAX_COMPARED = 4
MAX_FEATURES_TOLD = 5

FEATURE_WORDS = {
    "flight_time": "flugzeit flugdauer lange luft fliegen flight fly airtime minuten",
    "range": "reichweite weit kilometer range far miles distance radius",
    "camera": "kamera megapixel camera foto fotos photo photos bilder pictures aufloesung resolution",
    "video": "video videos film filmen filming 4k 8k footage",
    "weight": "gewicht schwer wiegt wiegen kilo weight heavy weigh weighs light leicht",
    "top_speed": "schnell geschwindigkeit tempo speed fast quick kmh",
    "wind_limit": "wind sturm windy storm",
    "charging_time": "laden ladezeit aufladen charge charging laedt",
    "noise": "laut leise geraeusch loud noise quiet noisy",
    "licence": "fuehrerschein lizenz licence license permit drohnenfuehrerschein",
    "obstacle_avoidance": "hindernis hindernisse obstacle obstacles crash sensor sensoren",
    "battery": "akku batterie battery kapazitaet capacity",
    "battery_life": "akku akkulaufzeit batterie battery haelt lasts",
    "torque": "drehmoment torque kraft motor berg bergauf hill hills",
    "load": "zuladung gesamtgewicht tragen traegt load carry payload",
    "children": "kind kinder kids child children",
    "theft_tracking": "diebstahl gestohlen geklaut theft stolen tracking gps",
    "power": "motor leistung ps power horsepower kw",
    "acceleration": "beschleunigung beschleunigt acceleration sprint hundert",
    "fast_charging": "schnellladen schnelllader laden charge charging",
    "consumption": "verbrauch verbraucht consumption efficiency",
    "boot": "kofferraum trunk boot luggage gepaeck",
    "seats": "sitze sitzplaetze sitzer personen seats people",
    "length": "lang laenge length long parken parking",
    "tow_bar": "anhaenger anhaengerkupplung tow towing trailer",
    "posture_sensors": "sensor sensoren haltung posture sensors",
    "max_load": "belastbar kilo gewicht tragkraft load heavy",
    "seat_height": "sitzhoehe hoehe gross height tall",
    "heating": "heizung beheizt warm heating heated",
    "headrest": "kopfstuetze headrest",
    "waterproof": "wasserdicht regen nass waterproof rain wet",
    "lifespan": "haltbar haltbarkeit halten lifespan last durable",
    "warranty": "garantie warranty guarantee",
}


async def meant(turn: Turn) -> list[Product]:
    """The products that the message is about: those it names, else the one that was spoken of last."""
    catalog = await turn.backend.products()
    named = [product for wish in reading.wishes(turn.heard, catalog) for product in wish.products]
    if not named and turn.heard.all("product"):
        return []
    in_focus = [product for product in catalog if product.id == turn.slot("focus_product")]
    return named or in_focus


class BrowseCatalog(GoalAction):
    """Shows the kinds of products, or the products of one kind."""

    action_name = "action_browse_catalog"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        shown = [product for wish in reading.wishes(turn.heard, catalog) for product in wish.products]
        if not shown and turn.heard.all("product"):
            _say_unknown(turn, catalog)
            return []
        if not shown:
            turn.say("utter_catalog", buttons=_kind_buttons(turn, catalog))
            return []
        kinds = turn.listed(list(dict.fromkeys(wording.kind(product.kind, turn.language) for product in shown)))
        turn.say("utter_products", cards=[card(turn, product) for product in shown[:MAX_CARDS]], kinds=kinds)
        return [SlotSet("focus_product", shown[0].id if len(shown) == 1 else None)]


class AnswerProduct(GoalAction):
    """Answers what was asked of a product: the feature that is named, its price, or the whole of it."""

    action_name = "action_answer_product"

    async def act(self, turn: Turn) -> list[Event]:
        products = await meant(turn)
        if not products:
            return await _ask_which(turn, "ask_product")
        if len(products) > 1:
            return await _answer_for_several(turn, products)
        product = products[0]
        asked = features_asked(turn.heard.text, product)
        if asked:
            told = turn.listed([_feature(turn, feature) for feature in asked])
            turn.say("utter_feature", buttons=_product_buttons(turn, product), product=product.name, features=told)
        else:
            turn.say("utter_product", cards=[card(turn, product)], **_portrait(turn, product))
        return [SlotSet("focus_product", product.id)]


class CompareProducts(GoalAction):
    """Price and features side by side; what differs comes first."""

    action_name = "action_compare_products"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        products = _compared(await meant(turn), catalog, turn)
        if len(products) < 2:
            return await _ask_which(turn, "compare_products")
        lines = [self._line(turn, product, products) for product in products]
        turn.say("utter_comparison", cards=[card(turn, product) for product in products], comparison="\n".join(lines))
        return []

    def _line(self, turn: Turn, product: Product, products: Sequence[Product]) -> str:
        told = [_feature(turn, feature) for feature in differing(product, products)[:MAX_FEATURES_TOLD]]
        return f"{product.name}: {', '.join([turn.money(product.price), *told])}"


class CheckAvailability(GoalAction):
    """Says which variants are in stock."""

    action_name = "action_check_availability"

    async def act(self, turn: Turn) -> list[Event]:
        products = await meant(turn)
        if not products:
            return await _ask_which(turn, "check_availability")
        for product in products[:MAX_CARDS]:
            self._tell(turn, product)
        return [SlotSet("focus_product", products[0].id if len(products) == 1 else None)]

    def _tell(self, turn: Turn, product: Product) -> None:
        chosen = reading.options_named(turn.heard.text, product)
        wanted = [variant for variant in product.variants if all(variant.options.get(key) == value for key, value in chosen.items())]
        there = [variant for variant in wanted if variant.stock]
        values = {"product": product.name, "variant": options_in_words(turn, product, chosen)}
        if there:
            in_stock = _colours_in_stock(turn, product, there)
            turn.say("utter_available", buttons=_product_buttons(turn, product), in_stock=in_stock, **values)
        elif product.stock:
            others = _colours_in_stock(turn, product, [variant for variant in product.variants if variant.stock])
            turn.say("utter_available_otherwise", buttons=_product_buttons(turn, product), others=others, **values)
        else:
            turn.say("utter_sold_out", **values)


class RecommendForBudget(GoalAction):
    """What fits a sum, bought or by the month, over all kinds or one; honest when nothing does."""

    action_name = "action_recommend_for_budget"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        named = [product for wish in reading.wishes(turn.heard, catalog) for product in wish.products]
        budget = reading.budget(turn.heard)
        if budget is None:
            turn.say("utter_ask_budget")
            return []
        amount, monthly = budget
        candidates = named or list(catalog)
        fitting = [product for product in candidates if _cost(product, monthly) <= amount]
        values = {"budget": wording.money(amount, "EUR", turn.language)}
        period = turn.either(" im Monat", " a month") if monthly else ""
        if not fitting:
            cheapest = min(candidates, key=lambda product: _cost(product, monthly))
            price = cheapest.monthly_price if monthly else cheapest.price
            closest = {"product": cheapest.name, "price": turn.money(price)}
            turn.say("utter_nothing_fits", cards=[card(turn, cheapest)], period=period, **closest, **values)
            return [SlotSet("focus_product", cheapest.id)]
        best = sorted(fitting, key=lambda product: -_cost(product, monthly))[:MAX_CARDS]
        turn.say("utter_fits_budget", cards=[card(turn, product) for product in best], period=period, **values)
        return [SlotSet("focus_product", best[0].id if len(best) == 1 else None)]


def card(turn: Turn, product: Product) -> dict[str, Any]:
    """A product as Rasa's `elements` have it."""
    return {
        "title": product.name,
        "subtitle": f"{turn.named(product.tagline)}. {price_words(turn, product)}",
        "image_url": turn.image(product),
        "buttons": [
            {"title": turn.either("Mehr dazu", "Tell me more"), "payload": f'/ask_product{{"product": "{product.id}"}}'},
            {"title": turn.either("Bestellen", "Order"), "payload": f'/place_order{{"product": "{product.id}"}}'},
        ],
    }


def price_words(turn: Turn, product: Product) -> str:
    """ "499 € oder ab 29 € im Monat"."""
    start = "" if len({variant.price.amount for variant in product.variants}) == 1 else turn.either("ab ", "from ")
    bought, rented = turn.money(product.price), turn.money(product.monthly_price)
    return turn.either(f"{start}{bought} oder {rented} im Monat", f"{start}{bought} or {rented} a month")


def options_in_words(turn: Turn, product: Product, chosen: dict[str, str]) -> str:
    """ " in Rot, Größe M"; empty when nothing was chosen."""
    names = [
        f"{turn.named(option.name)} {turn.named(value.name)}" if len(value.id) <= 2 or value.id.isdigit() else turn.named(value.name)
        for option in product.options
        for value in option.values
        if chosen.get(option.id) == value.id
    ]
    return f" in {', '.join(names)}" if names else ""


def features_asked(text: str, product: Product) -> list[Feature]:
    """Features that the text speaks of, by their names and by the words that people use for them."""
    words = set(reading.folded(text).split())
    return [feature for feature in product.features if _is_asked(feature, words)]


def _is_asked(feature: Feature, words: set[str]) -> bool:
    names = {word for name in feature.name.values() for word in reading.folded(name).split() if len(word) > 3}
    return bool(words & (names | set(FEATURE_WORDS.get(feature.id, "").split())))


def differing(product: Product, others: Sequence[Product]) -> list[Feature]:
    """The product's features in which the compared ones differ."""
    values = {
        feature.id: {other_feature.value for other in others for other_feature in other.features if other_feature.id == feature.id}
        for feature in product.features
    }
    return [feature for feature in product.features if len(values[feature.id]) > 1]


def _compared(products: Sequence[Product], catalog: Sequence[Product], turn: Turn) -> list[Product]:
    """At least two: with one named, the one spoken of before, else its siblings."""
    chosen = list(dict.fromkeys(product.id for product in products))
    focus = turn.slot("focus_product")
    if len(chosen) == 1 and focus and focus not in chosen:
        chosen.insert(0, focus)
    if len(chosen) == 1:
        kind = next(product.kind for product in products)
        chosen += [product.id for product in catalog if product.kind == kind and product.id not in chosen]
    return [product for product in catalog if product.id in chosen][:MAX_COMPARED]


async def _ask_which(turn: Turn, intent: str) -> list[Event]:
    """Asks for the product; says so first if the one that was named is not sold here."""
    catalog = await turn.backend.products()
    if turn.heard.all("product"):
        _say_unknown(turn, catalog)
        return []
    turn.say("utter_which_product", buttons=_kind_buttons(turn, catalog))
    return []


def _say_unknown(turn: Turn, catalog: Sequence[Product]) -> None:
    turn.say("utter_unknown_product", buttons=_kind_buttons(turn, catalog))


async def _answer_for_several(turn: Turn, products: Sequence[Product]) -> list[Event]:
    """A question about a family or a kind: the feature for each, or a choice."""
    asked = {product.id: features_asked(turn.heard.text, product) for product in products}
    if any(asked.values()):
        told = [f"{product.name}: {', '.join(_feature(turn, feature) for feature in asked[product.id])}" for product in products]
        turn.say("utter_features_of_several", features="\n".join(told[:MAX_CARDS]))
    else:
        turn.say("utter_which_of_these", cards=[card(turn, product) for product in products[:MAX_CARDS]])
    return [SlotSet("focus_product", None)]


def _portrait(turn: Turn, product: Product) -> dict[str, str]:
    told = turn.listed([_feature(turn, feature) for feature in product.features[:3]])
    return {
        "product": product.name,
        "description": turn.named(product.description),
        "features": told,
        "price": price_words(turn, product),
    }


def _feature(turn: Turn, feature: Feature) -> str:
    return f"{turn.named(feature.name)} {wording.feature(feature.value, feature.unit, turn.language)}"


def _cost(product: Product, monthly: bool) -> int:
    return (product.monthly_price if monthly else product.price).amount


def _colours_in_stock(turn: Turn, product: Product, variants: Sequence[Any]) -> str:
    """What there is to choose of the first option that there is a choice of."""
    for option in product.options:
        values = [turn.named(value.name) for value in option.values if any(v.options.get(option.id) == value.id for v in variants)]
        if len(option.values) > 1 and values:
            return f" ({turn.listed(values, choice=True)})"
    return ""


def _product_buttons(turn: Turn, product: Product) -> list[Button]:
    return [{"title": turn.either("Bestellen", "Order"), "payload": f'/place_order{{"product": "{product.id}"}}'}]


def _kind_buttons(turn: Turn, catalog: Sequence[Product]) -> list[Button]:
    kinds = dict.fromkeys(product.kind for product in catalog)
    return [
        {"title": wording.kind(kind, turn.language), "payload": f'/browse_catalog{{"product": "{_kind_word(kind)}"}}'} for kind in kinds
    ]


def _kind_word(kind: str) -> str:
    return reading.KIND_WORDS[kind].split()[0] if kind in reading.KIND_WORDS else kind
