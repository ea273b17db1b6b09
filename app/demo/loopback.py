"""Providers on this machine that a demo talks to: started as a process, recognised, and told what to do."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.errors import Conflict, SetupError, Unavailable
from app.settings import PROJECT, process_environment

ANSWER_S = 20.0
_REMEDY = "run the demo on a private stack (`--private`)"


@contextmanager
def started(module: str) -> Iterator[str]:
    """The URL of a provider that runs while the block lasts. Raises SetupError."""
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=PROJECT, env=process_environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SetupError("the provider on loopback did not start")
        yield str(json.loads(line)["url"])
    finally:
        process.terminate()
        process.wait()


async def ask(url: str, verb: str, what: str, order: Mapping[str, Any] | None = None) -> Any:
    """What `/control` of a provider answers. Raises httpx.HTTPError."""
    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_S, trust_env=False) as client:
        answer = await client.request(verb, f"/control/{what}".rstrip("/"), json=order)
        answer.raise_for_status()
        return answer.json()


async def require(url: str, ident: str, what: str) -> None:
    """Refuse any provider but the one on loopback. Raises Conflict or Unavailable."""
    if urlsplit(url).hostname != "127.0.0.1":
        raise Conflict(f"{what} could reach real people", code="not_the_loopback", remedy=_REMEDY)
    try:
        answer = await ask(url, "GET", "")
    except (httpx.HTTPError, ValueError) as error:
        raise Unavailable("the provider on loopback does not answer", remedy=_REMEDY) from error
    if not isinstance(answer, dict) or answer.get("provider") != ident:
        raise Conflict("what answers there is not the provider on loopback", code="not_the_loopback", remedy=_REMEDY)
