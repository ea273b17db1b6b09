"""What the handlers of Storage work with."""

from dataclasses import dataclass

from devstack.surface.database import Pool
from devstack.surface.storage.files import Files
from devstack.surface.storage.signing import Tokens


@dataclass
class Room:
    """The database, the files of it, and what signs URLs. `files` is set once the database was asked which it is."""

    pool: Pool
    files: Files
    tokens: Tokens
    file_size_limit: int
    """Bytes a file may have in any bucket."""
