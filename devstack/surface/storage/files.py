"""Bytes on disk. A file is called by the version of its row, a UUID made here: no name of a client becomes a path.

    <folder>/uploads/<version>          being written; removed at the next start when nobody finished it
    <folder>/objects/<ab>/<version>     whole and on disk before its row is committed; removed after its row is gone

So a crash leaves, at worst, a file without a row, which `sweep` removes at the next start; never a row without a file.
A file is never written to again: replacing an object makes a new version.
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import BinaryIO

from devstack.surface.storage import errors

BLOCK = 256 * 1024
ATTEMPTS = 3
"""How often a row is read again whose file was replaced in the meantime."""


class Draft:
    """A file being written. `size` and `etag` are those of what was written so far."""

    def __init__(self, path: Path, final: Path, version: str) -> None:
        self.version = version
        self.size = 0
        self._path = path
        self._final = final
        self._digest = hashlib.md5(usedforsecurity=False)
        self._file: BinaryIO | None = path.open("xb", buffering=0)

    @property
    def etag(self) -> str:
        """The digest of the bytes, quoted, as S3 makes it for a file uploaded in one piece."""
        return f'"{self._digest.hexdigest()}"'

    async def take(self, chunks: AsyncIterator[bytes], limit: int) -> None:
        """Write what `chunks` gives. Raises StorageError as soon as it is more than `limit` bytes; holds one block."""
        held = bytearray()
        async for chunk in chunks:
            if self.size + len(held) + len(chunk) > limit:
                raise errors.too_large()
            held += chunk
            if len(held) >= BLOCK:
                await asyncio.to_thread(self._write, bytes(held))
                held.clear()
        await asyncio.to_thread(self._write, bytes(held))

    def _write(self, block: bytes) -> None:
        assert self._file is not None
        rest = memoryview(block)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._digest.update(block)
        self.size += len(block)

    def keep(self) -> None:
        """Make it durable under its final name. Blocks."""
        assert self._file is not None
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        make_folder(self._final.parent)
        self._path.rename(self._final)
        sync_folder(self._final.parent)

    def discard(self) -> None:
        """Remove it, however far it came."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._path.unlink(missing_ok=True)
        self._final.unlink(missing_ok=True)


class Files:
    """The folder of one database's files."""

    def __init__(self, folder: Path) -> None:
        self._uploads = folder / "uploads"
        self._objects = folder / "objects"

    def open(self) -> None:
        """Make the folders and remove what nobody finished."""
        shutil.rmtree(self._uploads, ignore_errors=True)
        for folder in (self._uploads, self._objects):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def sweep(self, known: Iterable[str]) -> int:
        """Remove every file whose version is not `known`, and tell how many those were. Only while nothing is
        uploaded."""
        kept = set(known)
        lost = [path for path in self._objects.glob("*/*") if path.name not in kept]
        for path in lost:
            path.unlink(missing_ok=True)
        return len(lost)

    @contextlib.asynccontextmanager
    async def draft(self) -> AsyncIterator[Draft]:
        """A new file. Whoever comes to the end of the block keeps it; whoever leaves it by an exception does not."""
        version = str(uuid.uuid4())
        draft = Draft(self._uploads / version, self.path(version), version)
        try:
            yield draft
        except BaseException:
            draft.discard()
            raise

    def path(self, version: str) -> Path:
        """Where the file of a version lies. Raises StorageError for what is no version of ours: a row may come from
        elsewhere."""
        try:
            name = str(uuid.UUID(version))
        except ValueError:
            raise errors.no_such_key() from None
        return self._objects / name[:2] / name

    def read(self, version: str) -> BinaryIO:
        """The open file: its bytes stay readable when it is removed. Raises FileNotFoundError."""
        return self.path(version).open("rb")

    def copy(self, version: str) -> str:
        """The version of a new file with the same bytes. Blocks. Raises FileNotFoundError."""
        source, made = self.path(version), str(uuid.uuid4())
        target = self.path(made)
        make_folder(target.parent)
        try:
            os.link(source, target)  # nothing is ever written to it again
        except FileNotFoundError:
            raise
        except OSError:
            with source.open("rb") as old, target.open("xb") as new:
                shutil.copyfileobj(old, new, BLOCK)
                new.flush()
                os.fsync(new.fileno())
        sync_folder(target.parent)
        return made

    def remove(self, versions: Iterable[str | None]) -> None:
        """Remove the files of rows that are gone."""
        for version in versions:
            with contextlib.suppress(errors.StorageError):
                self.path(version or "").unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder, durably, unless it is there."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
