"""One-time codes: right once, for ten minutes, for who may tell them; guessing leads nowhere."""

import asyncio

import pytest

from bot.conversation import codes as codes_module
from bot.conversation.codes import Codes, Proof, TooManyCodes, TooManyGuesses, WrongCode
from bot.redis_client import Client
from bot.redis_keys import Keys


@pytest.fixture
def codes(redis: Client) -> Codes:
    return Codes(redis, Keys(4), 600)


def digits(code: str) -> str:
    return code.replace(" ", "")


async def tell(codes: Codes, code: str, account: str = "web-1", conversation: str = "web-1", use: str = "m-1") -> Proof:
    return await codes.redeem(digits(code), account=account, conversation=conversation, use=use)


async def test_a_code_proves_whose_it_is_once(codes: Codes) -> None:
    code = await codes.issue("telegram-2")
    assert await tell(codes, code) == Proof("telegram-2", is_customer=False)
    with pytest.raises(WrongCode):
        await tell(codes, code, use="m-2")


async def test_a_turn_that_runs_twice_is_answered_twice(codes: Codes) -> None:
    code = await codes.issue("telegram-2")
    assert await tell(codes, code) == await tell(codes, code)


async def test_one_of_many_who_tell_it_at_once_is_right(codes: Codes) -> None:
    code = await codes.issue("telegram-2")
    told = [tell(codes, code, account=f"web-{number}", use=f"m-{number}") for number in range(20)]
    outcomes = await asyncio.gather(*told, return_exceptions=True)
    assert sum(isinstance(outcome, Proof) for outcome in outcomes) == 1


async def test_a_code_for_one_conversation_is_wrong_in_any_other(codes: Codes) -> None:
    code = await codes.issue("K-1", told_by="web-1", is_customer=True)
    assert len(digits(code)) == 6
    with pytest.raises(WrongCode):
        await tell(codes, code, account="web-2", conversation="web-2")
    assert await tell(codes, code) == Proof("K-1", is_customer=True)


async def test_a_code_expires(redis: Client) -> None:
    codes = Codes(redis, Keys(4), 1)
    code = await codes.issue("telegram-2")
    await asyncio.sleep(1.2)
    with pytest.raises(WrongCode):
        await tell(codes, code)


async def test_a_token_of_a_link_is_a_code_nobody_types(codes: Codes) -> None:
    token = await codes.issue_token("telegram-2")
    assert len(token) >= 20
    assert (await tell(codes, token)).proves == "telegram-2"


async def test_after_five_wrong_codes_the_right_one_is_refused_too(codes: Codes) -> None:
    code = await codes.issue("telegram-2")
    for number in range(5):
        with pytest.raises(WrongCode):
            await tell(codes, f"0000000{number}", use=f"m-{number}")
    with pytest.raises(TooManyGuesses) as refused:
        await tell(codes, code)
    assert 0 < refused.value.retry_after <= 900
    assert (await tell(codes, code, account="web-2")).proves == "telegram-2"  # others are not kept from theirs


async def test_many_accounts_together_do_not_guess_faster(codes: Codes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes_module, "ALL_GUESSES", 10)
    for number in range(10):
        with pytest.raises(WrongCode):
            await tell(codes, "00000000", account=f"web-{number}", use=f"m-{number}")
    with pytest.raises(TooManyGuesses):
        await tell(codes, await codes.issue("telegram-2"), account="web-99")
    bound = await codes.issue("K-1", told_by="web-99", is_customer=True)
    assert (await tell(codes, bound, account="web-99", conversation="web-99")).proves == "K-1"


async def test_codes_are_not_made_without_end(codes: Codes) -> None:
    for _ in range(codes_module.ISSUED):
        await codes.issue("telegram-2")
    with pytest.raises(TooManyCodes):
        await codes.issue("telegram-2")


async def test_redis_knows_no_code_in_clear(codes: Codes, redis: Client) -> None:
    code = await codes.issue("telegram-2")
    for key in await redis.keys("*"):
        assert digits(code).encode() not in key
        if await redis.type(key) == b"hash":
            assert digits(code).encode() not in b"".join(
                value for pair in (await redis.hgetall(key)).items() for value in pair
            )
