"""What every channel that sends to a vendor promises: replies arrive in order, or are kept with the reason why not."""

from typing import Protocol

import pytest

from bot.messages import Card, Reply
from tests.contracts.channel import PICTURE
from tests.contracts.lines import Vendor
from tests.contracts.switchboard import MAX_SEND_ATTEMPTS, Switchboard

ONE, TWO, THREE = Reply(text="Eins."), Reply(text="Zwei."), Reply(text="Drei.")


class VendorLine(Protocol):
    """A line with a vendor at its end."""

    board: Switchboard
    account: str
    other_account: str
    vendor: Vendor


class VendorContract:
    """A vendor that fails costs time, never a reply and never the order."""

    async def test_the_vendors_own_retry_after_is_honoured(self, line: VendorLine) -> None:
        line.vendor.fail(429, retry_after=37)
        async with line.board.working():
            await line.board.deliver(line.account, ONE, TWO)
            assert await line.board.postponed(line.account) == pytest.approx(37)
            line.board.clock.passes(37)
            await line.board.quiet(line.account)
        assert texts(line) == ["Eins.", "Zwei."]

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    async def test_a_vendor_in_trouble_gets_the_reply_later_and_in_order(self, line: VendorLine, status: int) -> None:
        line.vendor.fail(status, after=1)
        async with line.board.working():
            await line.board.deliver(line.account, ONE, TWO, THREE)
            assert 0 < await line.board.postponed(line.account) < 1
            line.board.clock.passes(1)
            await line.board.quiet(line.account)
        assert texts(line) == ["Eins.", "Zwei.", "Drei."]

    async def test_a_dropped_connection_is_tried_again(self, line: VendorLine) -> None:
        line.vendor.hang_up()
        async with line.board.working():
            await line.board.deliver(line.account, ONE)
            await line.board.postponed(line.account)
            line.board.clock.passes(1)
            await line.board.quiet(line.account)
        assert texts(line) == ["Eins."]

    async def test_who_blocked_us_costs_others_nothing_and_is_parked_with_the_reason(self, line: VendorLine) -> None:
        line.vendor.block(line.account)
        async with line.board.working():
            await line.board.deliver(line.account, ONE, TWO)
            await line.board.deliver(line.other_account, THREE)
            await line.board.quiet(line.account)
            await line.board.quiet(line.other_account)
        assert texts(line) == []
        assert [shown.text for shown in line.vendor.shown(line.other_account)] == ["Drei."]
        errors = await line.board.parked()
        assert len(errors) == 2
        assert all(error.startswith("Undeliverable: ") for error in errors)

    async def test_what_fails_every_time_is_parked_and_the_next_goes_on(self, line: VendorLine) -> None:
        for _ in range(MAX_SEND_ATTEMPTS):
            line.vendor.fail(500)
        async with line.board.working():
            await line.board.deliver(line.account, ONE, TWO)
            for _ in range(MAX_SEND_ATTEMPTS - 1):
                await line.board.postponed(line.account)
                line.board.clock.passes(300)
            await line.board.quiet(line.account)
        assert texts(line) == ["Zwei."]
        assert len(await line.board.parked()) == 1

    async def test_a_reply_that_failed_half_way_goes_on_where_it_stopped(self, line: VendorLine) -> None:
        line.vendor.fail(503, after=2)
        cards = tuple(Card(f"Karte {number}", "", PICTURE) for number in range(1, 5))
        async with line.board.working():
            await line.board.deliver(line.account, Reply(text="Vier:", cards=cards), TWO)
            await line.board.postponed(line.account)
            line.board.clock.passes(1)
            await line.board.quiet(line.account)
        assert texts(line) == ["Vier:", "Karte 1", "Karte 2", "Karte 3", "Karte 4", "Zwei."]


def texts(line: VendorLine) -> list[str]:
    return [shown.text for shown in line.vendor.shown(line.account)]
