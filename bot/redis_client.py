"""Connects to whatever Redis the address names: one server, a socket, Sentinel or Cluster."""

from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.sentinel import Sentinel

CONNECTIONS = 200

Client = Any
"""An asyncio client of redis-py that answers bytes; its own types cannot say whether answers are decoded."""


def connect(url: str) -> Client:
    """`redis://`, `rediss://`, `unix://` as redis-py reads them; `redis+cluster://host:port`;
    `redis+sentinel://host:port,host:port/service`. Raises ValueError for any other scheme.
    """
    scheme = urlsplit(url).scheme
    if scheme in ("redis", "rediss", "unix"):
        return Redis.from_url(url, max_connections=CONNECTIONS, health_check_interval=30)
    if scheme == "redis+cluster":
        return RedisCluster.from_url(url.replace("redis+cluster", "redis", 1))
    if scheme == "redis+sentinel":
        return _by_sentinel(url)
    raise ValueError("REDIS_URL must begin with redis://, rediss://, unix://, redis+cluster:// or redis+sentinel://")


def _by_sentinel(url: str) -> Client:
    parts = urlsplit(url)
    hosts = parts.netloc.rsplit("@", 1)[-1].split(",")
    addresses = [(host.rpartition(":")[0], int(host.rpartition(":")[2])) for host in hosts]
    sentinel = Sentinel(addresses, password=parts.password)  # type: ignore[no-untyped-call]
    return sentinel.master_for(parts.path.strip("/") or "mymaster", password=parts.password, username=parts.username)
