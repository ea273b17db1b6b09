"""The Bot API over HTTP. What matters here is the difference between no, not reached, and nobody knows."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from app.channels.http_api import BYTES_PER_S, HttpApi, NoAnswerError, NotReachedError

TOKEN = re.compile(r"(\d{1,20}):[A-Za-z0-9_-]{20,100}")
"""What @BotFather hands out; the number is the bot's own id."""
FILE_MOST = 20 * 1024 * 1024
"""Telegram gives out no larger files."""
_ANSWER_MOST = 32 * 1024 * 1024
Files = Mapping[str, tuple[str, bytes, str]]
"""Form name → file name, bytes, type."""


class RefusedError(Exception):
    """Telegram understood and said no: nothing happened. `code` is its error_code."""

    def __init__(
        self, code: int, text: str, *, retry_after_s: float | None = None, migrate_to: int | None = None
    ) -> None:
        super().__init__(f"{code} {text}")
        self.code, self.text, self.retry_after_s, self.migrate_to = code, text, retry_after_s, migrate_to


class BotApi:
    """One HTTP client for every bot. `base_url` without a slash at its end; times in seconds."""

    def __init__(
        self, base_url: str, *, connect_s: float = 10.0, answer_s: float = 30.0, connections: int = 64
    ) -> None:
        self._api = HttpApi(base_url, connect_s=connect_s, answer_s=answer_s, connections=connections)

    async def call(
        self, token: str, method: str, fields: Mapping[str, Any] | None = None, files: Files | None = None, *,
        wait_s: float = 0.0,
    ) -> Any:  # fmt: skip
        """The result of one method. `wait_s` is added to the time an answer may take (long polls).

        Raises RefusedError, NotReachedError or NoAnswerError.
        """
        given = {name: value for name, value in (fields or {}).items() if value is not None}
        body: dict[str, Any] = {"json": given}
        if files:
            form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
            body = {"data": form, "files": files}
        status, answer = await self._exchange("POST", token, f"/bot{token}/{method}", wait_s, _ANSWER_MOST, **body)
        return _result(status, answer)

    async def download(self, token: str, file_path: str, most: int) -> bytes:
        """A file that getFile named. Raises as `call`, and RefusedError 413 for one of more than `most` bytes."""
        path = f"/file/bot{token}/{quote(file_path)}"
        if ".." in file_path or file_path.startswith("/"):
            raise RefusedError(400, "a file path that leads elsewhere")
        status, data = await self._exchange("GET", token, path, most / BYTES_PER_S, most + 1)
        if status != 200:
            _result(status, data)
            raise NoAnswerError(f"HTTP {status} for a file")
        if len(data) > most:
            raise RefusedError(413, "larger than it said")
        return data

    async def close(self) -> None:
        """Hang up."""
        await self._api.close()

    async def _exchange(
        self, verb: str, token: str, path: str, wait_s: float, most: int, **body: Any
    ) -> tuple[int, bytes]:
        """Status and at most `most` bytes of the answer; more is cut off."""
        if not TOKEN.fullmatch(token):
            raise RefusedError(401, "the secret is no bot token")
        try:
            answer = await self._api.call(verb, path, most=most, wait_s=wait_s, **body)
        except (NotReachedError, NoAnswerError) as error:
            # The address of a request holds the token.
            raise type(error)(str(error).replace(token, "…")) from None
        return answer.status, answer.body


def _result(status: int, answer: bytes) -> Any:
    """What an answer says. Telegram's own are JSON with `ok`; a proxy's before it need not be."""
    try:
        said = json.loads(answer)
    except ValueError:
        said = None
    if isinstance(said, dict) and said.get("ok") is True and "result" in said and status == 200:
        return said["result"]
    if isinstance(said, dict) and said.get("ok") is False and isinstance(said.get("error_code"), int):
        if said["error_code"] < 500:
            raise _refused(said)
        raise NoAnswerError(f"{said['error_code']} {str(said.get('description', ''))[:300]}")
    if 300 <= status < 400 or status in (404, 413, 429):
        raise RefusedError(status, f"HTTP {status} without an answer of Telegram's")
    raise NoAnswerError(f"HTTP {status} with an answer that makes no sense")


def _refused(said: dict[str, Any]) -> RefusedError:
    parameters = said.get("parameters")
    more = parameters if isinstance(parameters, dict) else {}
    wait, moved = more.get("retry_after"), more.get("migrate_to_chat_id")
    return RefusedError(
        said["error_code"], str(said.get("description", ""))[:500],
        retry_after_s=float(wait) if isinstance(wait, int | float) else None,
        migrate_to=moved if isinstance(moved, int) else None,
    )  # fmt: skip
