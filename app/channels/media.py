"""Fetching the files people send from where their provider keeps them. A file never costs a message: what cannot be had
is named as refused, and the message stays."""

import asyncio
import logging
import mimetypes
import re
from collections.abc import Awaitable, Callable

import msgspec

from app.channels import outside
from app.channels.http_api import Answer, NoAnswerError, NotReachedError
from app.domain.inbound import InboundFile, digest

log = logging.getLogger("parley.media")
TRIES = 5
PAUSE_S = 0.5
PAUSE_MOST_S = 20.0
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,100}")
_ENDINGS = {"image/jpeg": ".jpg", "image/webp": ".webp", "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/amr": ".amr",
            "audio/aac": ".aac", "video/mp4": ".mp4", "video/3gpp": ".3gp"}  # fmt: skip


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a message, not yet fetched. `size_bytes` is 0 where its provider does not say."""

    filename: str
    content_type: str
    size_bytes: int = 0


class NotGivenError(Exception):
    """The provider does not give a file out, whoever asks how often."""


class NotNowError(Exception):
    """The provider asks for patience."""

    def __init__(self, reason: str, after_s: float | None) -> None:
        super().__init__(reason)
        self.after_s = after_s


async def fetch_file(media: Media, get: Callable[[], Awaitable[bytes]], most: int) -> InboundFile:
    """The file with the bytes `get` answers, at most `most` of them. Never raises for what the provider does.

    `get` raises NotGivenError or outside.Refused for good; NotNowError, NotReachedError and NoAnswerError are tried
    again, five times.
    """
    if media.size_bytes > most:
        return refused(media, f"larger than {most} bytes")
    reason = ""
    for attempt in range(TRIES):
        pause = PAUSE_S * 2**attempt
        try:
            return kept(media, await get(), most)
        except (NotGivenError, outside.Refused) as error:
            return refused(media, str(error))
        except NotNowError as error:
            reason, pause = str(error), error.after_s or pause
        except (NotReachedError, NoAnswerError) as error:
            reason = str(error)
        if attempt < TRIES - 1:
            await asyncio.sleep(min(pause, PAUSE_MOST_S))
    log.warning("a file cannot be fetched", extra={"reason": reason})
    return refused(media, f"the provider did not give it out: {reason}")


def kept(media: Media, data: bytes, most: int) -> InboundFile:
    """A file with its bytes, or refused when they are too many."""
    if len(data) > most:
        return refused(media, f"larger than {most} bytes")
    return InboundFile(filename=media.filename, content_type=media.content_type, size_bytes=len(data), data=data,
                       sha256=digest(data))  # fmt: skip


def refused(media: Media, reason: str) -> InboundFile:
    """A file that is named and not kept."""
    return InboundFile(filename=media.filename, content_type=media.content_type, size_bytes=media.size_bytes,
                       refused=reason[:500])  # fmt: skip


def given_out(answer: Answer) -> bytes:
    """The bytes of an answer that should be a file. Raises what `fetch_file` expects."""
    if answer.status == 200:
        return answer.body
    if answer.status == 429:
        raise NotNowError("too many requests", answer.retry_after_s)
    if answer.status >= 500:
        raise NoAnswerError(f"HTTP {answer.status} for a file")
    raise NotGivenError(f"the provider does not give it out: HTTP {answer.status}")


def media_type(given: object) -> str:
    """A media type without its parameters; application/octet-stream for what is none."""
    plain = str(given or "").partition(";")[0].strip().lower()
    return plain if _TYPE.fullmatch(plain) else "application/octet-stream"


def file_name(given: object, kind: str, content_type: str) -> str:
    """A name that leads nowhere and keeps its ending; made of kind and type where none is given."""
    name = re.sub(r"[\x00-\x1f\x7f-\x9f/\\]", "_", str(given or "")).strip()
    if not name:
        return f"{kind}{_ENDINGS.get(content_type) or mimetypes.guess_extension(content_type) or '.bin'}"
    stem, dot, ending = name.rpartition(".")
    return name if len(name) <= 200 else f"{(stem or name)[:180]}{dot}{ending[:19]}"[:200]
