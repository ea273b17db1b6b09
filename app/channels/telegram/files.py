"""Fetching what people send: getFile, then the bytes, within Telegram's limit and ours."""

from collections.abc import Sequence

import msgspec

from app.channels.media import NotGivenError, NotNowError, fetch_file
from app.channels.telegram.api import FILE_MOST, BotApi, RefusedError
from app.channels.telegram.updates import Media, Reading
from app.domain.inbound import ChannelEvent, InboundFile, InboundMessage


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
    async def get() -> bytes:
        try:
            found = await api.call(token, "getFile", {"file_id": media.file_id})
            path = found.get("file_path") if isinstance(found, dict) else None
            return await api.download(token, str(path or ""), most)
        except RefusedError as error:
            if error.code == 413 or "too big" in error.text:
                raise NotGivenError(f"larger than {most} bytes") from error
            if error.code == 429:
                raise NotNowError(error.text, error.retry_after_s) from error
            raise NotGivenError(f"Telegram does not give it out: {error.text}") from error

    return await fetch_file(media, get, most)
