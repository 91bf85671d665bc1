"""Why somebody cancels or sends back, in the shop's own words for it."""

import pytest

from actions.reading import reasons


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("storniere das, ich hab mich verklickt", "ordered_by_mistake"),
        ("I ordered it twice by mistake", "ordered_by_mistake"),
        ("hab ihn woanders bekommen", "found_elsewhere"),
        ("das ist mir doch zu teuer", "too_expensive"),
        ("it takes too long", "takes_too_long"),
        ("ich brauche die drohne nicht mehr", "no_longer_needed"),
        ("storniere meine bestellung", "not_said"),
    ],
)
def test_a_reason_to_cancel_is_heard(text: str, reason: str) -> None:
    assert reasons.cancelling(text) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("die schuhe passen mir nicht", "does_not_fit"),
        ("they are too tight", "does_not_fit"),
        ("der stuhl kam zerkratzt an", "damaged"),
        ("ihr habt die falsche farbe geliefert", "wrong_item"),
        ("sieht ganz anders als auf dem bild aus", "not_as_described"),
        ("gefällt mir doch nicht", "changed_mind"),
        ("ich will das zurückgeben", "not_said"),
    ],
)
def test_a_reason_to_return_is_heard(text: str, reason: str) -> None:
    assert reasons.returning(text) == reason
