"""The attachments worker: lets files out of quarantine, or refuses them. Their messages never wait for it."""

import asyncio
import contextlib
import hashlib
import logging
from typing import Any

from app.db import attachments
from app.db.worker import Connection, to_plain
from app.domain.work import Claim, Job
from app.scanning import pictures
from app.scanning.clamd import Scanner, ScannerAwayError, create_scanner
from app.scanning.sniffing import Sniffed, sniff
from app.settings import Settings
from app.storage import Storage, StorageAwayError
from workers.loop import Pool, main

log = logging.getLogger("parley.attachments")
GONE = "its bytes are not there"
PUBLIC = "parley-public"
SMALL = ".thumb.webp"
"""What the path of a small picture has beside the path of its file."""


class AttachmentsHandler:
    """Size and type first, then the scanner, if there is one; while it does not answer, files wait."""

    name = "attachments"
    chapter = "attachments"
    channel = "et_attachments"
    concurrency = 4
    """Each holds a whole file in memory."""
    batch = 2

    def __init__(self, settings: Settings, scanner: Scanner | None = None) -> None:
        self.scanner = scanner or create_scanner(settings.clamd_address)
        self.storage = Storage(settings)

    async def claim(self, connection: Connection, claim: Claim) -> list[Job]:
        """Files in quarantine."""
        return await attachments.claim_attachments(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Check one file: released, refused, or waiting for the scanner."""
        try:
            data = await self._bytes(pool, job)
            if data is None and job.data["storage_path"] and job.data["arrives"]:
                return await self._put_off(pool, job, "its bytes have not arrived in Storage")
            sniffed, checked_by = await self._check(job, data)
            verdict: dict[str, Any] = to_plain(sniffed) | {"checked_by": checked_by}
            if sniffed.refused is None and data is not None:
                verdict |= await self._prepare(job, sniffed, data)
        except (ScannerAwayError, StorageAwayError) as error:
            return await self._put_off(pool, job, str(error))
        async with pool.connection() as connection:
            result = await attachments.settle_attachment(connection, job, verdict)
        if result == "refused":
            log.warning("a file was refused", extra={"attachment_id": job.item_id, "reason": sniffed.refused})
            if job.data["storage_path"]:
                with contextlib.suppress(StorageAwayError):  # else the housekeeper finds it
                    await self.storage.remove(job.data["storage_bucket"], [job.data["storage_path"]])
        return result

    async def _bytes(self, pool: Pool, job: Job) -> bytes | None:
        """From Storage or the database, wherever they are; None when they are not there."""
        if job.data["storage_path"]:
            most = int(job.data["most_bytes"])
            return await self.storage.fetch(job.data["storage_bucket"], job.data["storage_path"], most)
        async with pool.connection() as connection:
            return await attachments.read_bytes(connection, job)

    async def _check(self, job: Job, data: bytes | None) -> tuple[Sniffed, str]:
        """The verdict, and who gave it. Raises ScannerAwayError."""
        sniffed = Sniffed(refused=GONE) if data is None else _inspect(job, data)
        if sniffed.refused is not None or data is None or self.scanner is None:
            return sniffed, "sniff"
        found = await self.scanner.scan(data)
        if found is not None:
            sniffed = Sniffed(detected_type=sniffed.detected_type, refused=f"infected: {found}")
        return sniffed, self.scanner.name

    async def _prepare(self, job: Job, sniffed: Sniffed, data: bytes) -> dict[str, Any]:
        """What a released file has beside the verdict: its digest, a picture's size, and in Storage a small picture
        and its place. Said before it is written down: a crash leaves objects that the housekeeper sweeps."""
        facts: dict[str, Any] = {"sha256": hashlib.sha256(data).hexdigest()}
        picture = await asyncio.to_thread(pictures.look, data) if sniffed.detected_type in pictures.TYPES else None
        if picture is not None:
            facts |= {"width": picture.width, "height": picture.height}
        path, bucket = job.data["storage_path"], job.data["storage_bucket"]
        if not path:
            return facts
        if job.data["is_public"]:
            bucket = facts["storage_bucket"] = PUBLIC
            await self.storage.keep(bucket, path, data, sniffed.detected_type or "application/octet-stream")
        if picture is not None:
            await self.storage.keep(bucket, path + SMALL, picture.small, "image/webp")
            facts["thumbnail_path"] = path + SMALL
        return facts

    async def _put_off(self, pool: Pool, job: Job, reason: str) -> str:
        log.warning("a file waits for the scanner", extra={"attachment_id": job.item_id, "reason": reason})
        async with pool.connection() as connection:
            return await attachments.put_off_attachment(connection, job, reason)

    async def fail(self, pool: Pool, job: Job, error: Exception) -> str:
        """It stays in quarantine and is tried again."""
        async with pool.connection() as connection:
            return await attachments.put_off_attachment(connection, job, f"{type(error).__name__}: {error}")

    async def release(self, pool: Pool, job: Job) -> None:
        """Put back at once."""
        async with pool.connection() as connection:
            await attachments.put_off_attachment(connection, job, None)

    async def close(self) -> None:
        """Hang up on Storage."""
        await self.storage.close()


def _inspect(job: Job, data: bytes) -> Sniffed:
    """What can be said about a file without asking anybody."""
    most = int(job.data["most_bytes"])
    if len(data) > most:
        return Sniffed(refused=f"larger than {most} bytes")
    if len(data) != job.data["size_bytes"]:
        return Sniffed(refused=f"said to have {job.data['size_bytes']} bytes, has {len(data)}")
    return sniff(job.data["filename"], job.data["content_type"], data)


if __name__ == "__main__":
    main(AttachmentsHandler)
