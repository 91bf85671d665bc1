"""What an order by conversation costs in a big shop, beside one in the sample shop: 1,000 products, 10,000 customers, 50,000 orders.

Imports the generated files (and says how long that took), then orders in both shops in turn, so that what else the machine does
troubles them alike.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic import SecretStr

import actions.base
from actions.backend.http_shop import HttpShop
from benchmarks.big_shop import Size
from benchmarks.figures import Turns, tell
from benchmarks.ground import SHOP_TOKEN, running
from benchmarks.loading import load
from benchmarks.ours import Worker
from benchmarks.visits import ORDER
from bot import embedded
from bot.conversation.identity import conversation_of
from bot.dialogue.assistant import Assistant
from bot.redis_client import connect
from bot.settings import Settings

ROUNDS = 30
WARM_UP_ROUNDS = 3
SAMPLE, BIG = "sample shop", "big shop"


@contextmanager
def shop(directory: Path) -> Iterator[str]:
    """A running shop with a database of its own; yields its address."""
    environment = {**os.environ, **embedded.shop_environment(directory, SHOP_TOKEN, "http://localhost:8080")}
    with running(embedded.shop_command(directory), environment):
        path = embedded.socket_path(directory, "shop")
        embedded.wait_for_socket(path)
        yield f"unix://{path}"


def import_big(directory: Path, files: Path) -> None:
    """Generates the files and takes them in beside the sample goods; tells how quick that was."""
    subprocess.run([sys.executable, "-m", "benchmarks.big_shop", str(files)], check=True, stdout=sys.stderr)
    environment = {**os.environ, **embedded.shop_environment(directory, SHOP_TOKEN, "")}
    began = time.perf_counter()
    command = [sys.executable, "-m", "shop", "import", *map(str, sorted(files.iterdir()))]
    subprocess.run(command, check=True, env=environment, stdout=sys.stderr)
    seconds = time.perf_counter() - began
    rows = sum(len(file.read_bytes().splitlines()) for file in files.iterdir())
    tell("import_rows_per_second", rows / seconds, "rows/s", of=f"{rows:,} rows, {Size().orders:,} of them orders")


async def measure(settings: Settings, assistant: Assistant, shops: dict[str, HttpShop]) -> None:
    redis = connect(str(settings.redis_url))
    worker = Worker(redis, settings, assistant)
    costs = {name: Turns() for name in shops}
    for number in range(-WARM_UP_ROUNDS, ROUNDS):
        for place, (name, backend) in enumerate(shops.items()):
            actions.base.shop = lambda backend=backend: backend  # type: ignore[assignment]
            account = f"visitor-{place}-{number}"
            await worker.visit(account, ORDER, costs[name] if number >= 0 else Turns())
            assistant.forget(conversation_of("rest", account))
    for name, cost in costs.items():
        cost.tell(who=name, length=len(ORDER))
    means = {name: sum(cost.wall) / len(cost.wall) for name, cost in costs.items()}
    tell("order_in_big_shop_times_sample_shop", means[BIG] / means[SAMPLE], "times", of="time of a turn, mean")
    for backend in shops.values():
        await backend.close()
    await redis.aclose()


def main() -> None:
    settings = Settings()
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ncb")))
        small, big, files = root / "small", root / "big", root / "files"
        addresses = {SAMPLE: stack.enter_context(shop(small))}
        with shop(big):
            pass  # makes its tables and sample goods
        import_big(big, files)
        addresses[BIG] = stack.enter_context(shop(big))
        token = SecretStr(SHOP_TOKEN)
        shops = {name: HttpShop(url, token) for name, url in addresses.items()}
        asyncio.run(measure(settings, load(settings), shops))


if __name__ == "__main__":
    main()
