"""The attachments worker: lets files out of quarantine, or refuses them. Their messages never wait for it."""

import logging

from app.db import attachments
from app.db.worker import Connection, to_plain
from app.domain.work import Claim, Job
from app.scanning.clamd import Scanner, ScannerAwayError, create_scanner
from app.scanning.sniffing import Sniffed, sniff
from app.settings import Settings
from workers.loop import Pool, main

log = logging.getLogger("parley.attachments")
GONE = "its bytes are not there"


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

    async def claim(self, connection: Connection, claim: Claim) -> list[Job]:
        """Files in quarantine."""
        return await attachments.claim_attachments(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Check one file: released, refused, or waiting for the scanner."""
        async with pool.connection() as connection:
            data = await attachments.read_bytes(connection, job)
        sniffed = Sniffed(refused=GONE) if data is None else _inspect(job, data)
        checked_by = "sniff"
        if sniffed.refused is None and data is not None and self.scanner is not None:
            try:
                found = await self.scanner.scan(data)
            except ScannerAwayError as error:
                return await self._put_off(pool, job, str(error))
            checked_by = self.scanner.name
            if found is not None:
                sniffed = Sniffed(detected_type=sniffed.detected_type, refused=f"infected: {found}")
        async with pool.connection() as connection:
            result = await attachments.settle_attachment(
                connection, job, to_plain(sniffed) | {"checked_by": checked_by}
            )
        if result == "refused":
            log.warning("a file was refused", extra={"attachment_id": job.item_id, "reason": sniffed.refused})
        return result

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
        """Nothing is held open between files."""


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
