"""How many turns a saturated worker answers: CPU of its process, with every message already waiting in the inbox."""

import asyncio
import multiprocessing
import os
import sys
import time
from pathlib import Path

import psutil
from rich.console import Console

from benchmarks.figures import tell
from benchmarks.visits import Visit, mix
from bot import logs, training
from bot.dialogue import tensorflow_stub

VISITS = 120
WARM_UP_VISITS = 25


def main() -> None:
    from bot.settings import Settings

    settings = Settings(max_waiting=0)
    logs.configure("ERROR", "text")
    model = training.newest_model(settings.model)
    tensorflow_stub.before_rasa(Path(str(model)))
    from bot.app import load_assistant, work
    assistant = load_assistant(settings, Path(str(model)))
    asyncio.run(fill(settings, mix(WARM_UP_VISITS, seed=1), "warm"))
    ctx = multiprocessing.get_context("fork")
    def part():
        import uvloop
        if len(sys.argv) > 1:
            import cProfile, pstats, signal
            p = cProfile.Profile()
            p.enable()
            uvloop.run(work(settings, assistant, 0))
            p.disable()
            p.dump_stats(sys.argv[1])
        else:
            uvloop.run(work(settings, assistant, 0))
    proc = ctx.Process(target=part)
    proc.start()
    asyncio.run(drained(settings))
    visits = mix(VISITS, seed=2)
    turns = sum(map(len, visits))
    ps = psutil.Process(proc.pid)
    redis = [p for p in psutil.process_iter(["name","cmdline"]) if p.info["name"]=="redis-server" and "ncb" in str(p.info["cmdline"])]
    before = ps.cpu_times(); t=time.time()
    asyncio.run(fill(settings, visits, "full"))
    asyncio.run(drained(settings))
    after = ps.cpu_times()
    cpu = after.user+after.system-before.user-before.system
    print(turns, "turns", cpu*1000/turns, "ms/turn", turns/cpu, "turns/s", "wall", time.time()-t)
    proc.terminate(); proc.join()

async def fill(settings, visits, label):
    from bot.app import lane, connect
    from bot.conversation.inbox import Inbox
    from bot.messages import Incoming
    redis = connect(settings.redis_url)
    inbox = Inbox(lane(settings, redis, "in"), 60, 0)
    for n, visit in enumerate(visits):
        for m, said in enumerate(visit):
            await inbox.accept(Incoming("rest", f"{label}{n}", f"{label}{n}-{m}", said.text, said.payload, reply_to="bench"))
    await redis.aclose()

async def drained(settings):
    from bot.app import connect
    redis = connect(settings.redis_url)
    while await redis.keys("nc:*:in:queue:*"):
        await asyncio.sleep(0.05)
    await redis.aclose()
main()
