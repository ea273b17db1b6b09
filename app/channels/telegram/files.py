"""Fetching what people send: getFile, then the bytes, within Telegram's limit and ours."""

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from app.channels.telegram.api import FILE_MOST, BotApi, NoAnswerError, NotReachedError, RefusedError
from app.channels.telegram.updates import Media, Reading
from app.domain.inbound import ChannelEvent, InboundFile, InboundMessage, digest

log = logging.getLogger("parley.telegram")
TRIES = 5
PAUSE_S = 0.5
PAUSE_MOST_S = 20.0


async def fetch_files(api: BotApi, token: str, reading: Reading, most: int) -> Sequence[ChannelEvent]:
    """The events of a reading, with the bytes of its files. Never raises for a file: one that is larger than `most`
    bytes, or that Telegram does not give out, is named as refused, and the message stays."""
    if not reading.media:
        return reading.events
    files = tuple([await _fetch(api, token, media, min(most, FILE_MOST)) for media in reading.media])
    return [
        msgspec.structs.replace(event, files=files) if isinstance(event, InboundMessage) else event
        for event in reading.events
    ]


async def _fetch(api: BotApi, token: str, media: Media, most: int) -> InboundFile:
    if media.size_bytes > most:
        return _refused(media, f"larger than {most} bytes")
    reason = ""
    for attempt in range(TRIES):
        pause = PAUSE_S * 2**attempt
        try:
            found = await api.call(token, "getFile", {"file_id": media.file_id})
            data = await api.download(token, str(found["file_path"]), most)
            return InboundFile(filename=media.filename, content_type=media.content_type, size_bytes=len(data),
                               data=data, sha256=digest(data))  # fmt: skip
        except RefusedError as error:
            if error.code == 413 or "too big" in error.text:
                return _refused(media, f"larger than {most} bytes")
            reason = error.text
            if error.code != 429:
                break
            pause = error.retry_after_s or pause
        except (NotReachedError, NoAnswerError, KeyError, TypeError) as error:
            reason = str(error)
        await asyncio.sleep(min(pause, PAUSE_MOST_S))
    log.warning("a file cannot be fetched", extra={"reason": reason})
    return _refused(media, f"Telegram did not give it out: {reason}"[:500])


def _refused(media: Media, reason: str) -> InboundFile:
    return InboundFile(
        filename=media.filename, content_type=media.content_type, size_bytes=media.size_bytes, refused=reason
    )
