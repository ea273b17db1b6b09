"""Structured logs: one JSON object a line (or short lines for a person), with the ids of the work at hand.

Bind ids with `context(tenant_id=…, thread_id=…)`; every line logged inside carries them. Secrets are never logged:
known secret values are masked, whatever the message.
"""

import contextlib
import logging
import re
import sys
import time
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, TextIO

import msgspec

from app.settings import SECRET_FIELDS, Settings

IDS = ("tenant_id", "thread_id", "message_id", "worker")
_bound: ContextVar[dict[str, Any] | None] = ContextVar("parley_log_context", default=None)
_STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_PASSWORD_IN_URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@")
_LIBPQ_PASSWORD = re.compile(r"(\bpassword=)('[^']*'|\S+)", re.IGNORECASE)
_MIN_SECRET_CHARS = 8


@contextlib.contextmanager
def context(**ids: Any) -> Iterator[None]:
    """Add `ids` to every line logged inside, by this task and the tasks it starts. None values are left out."""
    token = _bound.set({**(_bound.get() or {}), **{name: value for name, value in ids.items() if value is not None}})
    try:
        yield
    finally:
        _bound.reset(token)


def bind(**ids: Any) -> None:
    """Add `ids` to every later line of this task: for a process's own name at start."""
    _bound.set({**(_bound.get() or {}), **ids})


def bound(name: str) -> Any:
    """What an id is bound to here, None when it is not."""
    return (_bound.get() or {}).get(name)


def configure(settings: Settings, *, worker: str | None = None, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (stderr) in the format of the settings."""
    handler = logging.StreamHandler(stream or sys.stderr)
    # Passwords inside URLs are masked by their shape; a URL as a whole is no secret and explains an error.
    secrets = [value for field in SECRET_FIELDS if "://" not in (value := str(getattr(settings, field)))]
    secrets += settings.secret_keys()
    formatter = JsonFormatter if settings.log_format == "json" else ConsoleFormatter
    handler.setFormatter(formatter([secret for secret in secrets if len(secret) >= _MIN_SECRET_CHARS]))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for noisy in ("mail.log", "httpx", "httpcore", "aiosmtplib"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    if worker:
        bind(worker=worker)


def _is_news(record: logging.LogRecord) -> bool:
    """False for what uvicorn says of each WebSocket that was refused with a status and a body: it had both."""
    return record.msg != "ASGI callable returned without completing handshake."


class _Formatter(logging.Formatter):
    def __init__(self, secrets: list[str]) -> None:
        super().__init__()
        # Longest first, so that a secret inside another is not left half-visible.
        self._secrets = sorted(set(secrets), key=len, reverse=True)

    def members(self, record: logging.LogRecord) -> dict[str, Any]:
        """The line as an object: ts, level, logger, event, bound ids, `extra=` members, error."""
        members: dict[str, Any] = {
            "ts": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        members |= _bound.get() or {}
        members |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[0]:
            kind, error, trace = record.exc_info
            stack = "".join(traceback.format_exception(kind, error, trace))
            members["error"] = {"type": kind.__name__, "detail": str(error), "stack": stack}
        return members

    def mask(self, line: str) -> str:
        """`line` without passwords in URLs and without any secret value of the settings."""
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return _LIBPQ_PASSWORD.sub(r"\1***", _PASSWORD_IN_URL.sub(r"\1:***@", line))


class JsonFormatter(_Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        masked = _mask_all(self.members(record), self.mask)
        return msgspec.json.encode(masked, enc_hook=str).decode()


class ConsoleFormatter(_Formatter):
    """`12:00:00 INFO  worker: event key=value`, stack traces below."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line for a person."""
        members = self.members(record)
        error = members.pop("error", None)
        head = f"{members.pop('ts')[11:19]} {members.pop('level').upper():<7} {members.pop('logger')}:"
        rest = (f"{name}={value}" for name, value in members.items() if name != "event")
        line = " ".join([head, members["event"], *rest])
        return self.mask(line + (f"\n{error['stack'].rstrip()}" if error else ""))


def _mask_all(value: Any, mask: Any) -> Any:
    """Mask every string inside `value`: after encoding, an escaped secret would no longer be recognised."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {str(name): _mask_all(member, mask) for name, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_mask_all(member, mask) for member in value]
    if isinstance(value, int | float | bool) or value is None:
        return value
    return mask(str(value))
