"""What buckets and objects may be called, how much they take, and which types: the rules of hosted Storage.

A name is never a path here: files are kept by version (files.py). So the rules protect nothing on this machine; they
make a program meet here what it meets there.
"""

import re
from collections.abc import Sequence

from devstack.surface.storage import errors

NAME_BYTES = 1024
BUCKET_CHARACTERS = 100
_SAFE = r"[\w!\-.*'() &$@=;:+,?]"
_KEY = re.compile(rf"(?:{_SAFE}|/)+", re.ASCII)
_BUCKET = re.compile(f"{_SAFE}+", re.ASCII)
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(gib|mib|kib|gb|mb|kb|b)?", re.IGNORECASE)
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]+)/([a-z0-9!#$&^_.+-]+|\*)")
PLACEHOLDER = ".emptyFolderPlaceholder"
"""How the dashboard keeps an empty folder: an object of this name, of any type and without a byte."""


def check_key(name: str) -> str:
    """`name`, when an object may be called so. `.` and `..` between slashes are refused too: a gateway in front of
    hosted Storage resolves them before it sees them."""
    dotted = any(part in (".", "..") for part in name.split("/"))
    if not _KEY.fullmatch(name) or len(name.encode()) > NAME_BYTES or dotted:
        raise errors.invalid_key(name)
    return name


def check_bucket(name: str) -> str:
    """`name`, when a bucket may be called so."""
    if not _BUCKET.fullmatch(name) or len(name) > BUCKET_CHARACTERS or name.strip() != name:
        raise errors.invalid_bucket_name()
    return name


def parse_size(text: str) -> int:
    """Bytes of "10MB" (decimal) or "10MiB" (binary). Raises StorageError."""
    match = _SIZE.fullmatch(text.strip())
    if not match or not (match[2] or text.strip().isdigit()):
        raise errors.StorageError(400, "InvalidRequest", "Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B")
    return int(float(match[1]) * _UNITS[(match[2] or "b").lower()])


def bare_type(mime_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return mime_type.partition(";")[0].strip().lower()


def check_types(allowed: Sequence[str]) -> list[str]:
    """The types of a bucket as they are kept: bare, each once. Raises StorageError for what is no type."""
    found: list[str] = []
    for one in allowed:
        bare = bare_type(one)
        if len(one) > 1000 or not _TYPE.fullmatch(bare):
            raise errors.invalid_mime_type(one[:1000])
        if bare not in found:
            found.append(bare)
    return found


def check_type(mime_type: str, allowed: Sequence[str] | None) -> None:
    """Raise StorageError unless a bucket that takes `allowed` (None or empty: everything) takes `mime_type`."""
    bare = bare_type(mime_type)
    if not allowed:
        return
    kinds = {bare_type(one) for one in allowed}
    if "/" not in bare or not ({bare, f"{bare.partition('/')[0]}/*", "*"} & kinds):
        raise errors.invalid_mime_type(mime_type)
