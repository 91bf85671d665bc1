"""What must hold, said in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.figures import Figure


@dataclass(frozen=True)
class Target:
    """A promise about a number, which is at least (or at most) `limit`."""

    promise: str
    value: float
    limit: float
    is_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.value >= self.limit if self.is_least else self.value <= self.limit

    def __str__(self) -> str:
        verdict = "holds" if self.is_met else "MISSED"
        return (
            f"{verdict}: {self.promise} ({self.value:.2f}; {'at least' if self.is_least else 'at most'} {self.limit:g})"
        )


def targets(figures: Sequence[Figure]) -> list[Target]:
    """The targets that these figures decide; fewer when only some parts were measured."""
    costs = {(each["who"], each["length"]): each["value"] for each in figures if each["figure"] == "turn_cpu_mean"}
    values = {each["figure"]: each["value"] for each in figures}
    ours = {length: cost for (who, length), cost in costs.items() if who == "nochannel"}
    stock = {length: cost for (who, length), cost in costs.items() if who != "nochannel"}
    found = []
    if {1, 10_000} <= ours.keys():
        found.append(
            Target("a turn after 10,000 turns costs so many times one after the first", ours[10_000] / ours[1], 1.3)
        )
    if 100 in ours and 100 in stock:
        found.append(
            Target("stock Rasa's turn after 100 turns costs so many times ours", stock[100] / ours[100], 10, True)
        )
    if "turns_per_second_and_core" in values:
        found.append(Target("turns that a core answers in a second", values["turns_per_second_and_core"], 120, True))
    if "order_in_big_shop_times_sample_shop" in values:
        ratio = values["order_in_big_shop_times_sample_shop"]
        found.append(
            Target(
                "a turn of an order in a shop of 1,000 products takes so many times one in the sample shop", ratio, 1.2
            )
        )
    if "added_wall_p50_when_quiet" in values:
        found.append(
            Target("milliseconds that gateway, inbox and outbox add to a turn", values["added_wall_p50_when_quiet"], 5)
        )
    return found
