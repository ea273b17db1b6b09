"""The Supabase surface at work for a test: its real process on a database of the tests, and the keys clients need."""

import contextlib
import json
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt

from devstack.keys import LOGINS, ensure_keys, write_private
from devstack.ports import free_port
from tests.support.database import Database
from tests.workers.harness import Room, wait_until


@dataclass(frozen=True)
class Project:
    """A Supabase project as a client sees it; what its owner knows besides is empty where nobody told."""

    url: str
    publishable_key: str
    secret_key: str = field(repr=False)
    database_url: str = field(default="", repr=False)
    """How its `postgres` connects."""
    jwt_secret: str = field(default="", repr=False)
    """What its legacy tokens are signed with."""

    def environment(self) -> dict[str, str]:
        """The project as the suites of `tests/e2e` read it."""
        told = {
            "SUPABASE_URL": self.url, "SUPABASE_PUBLISHABLE_KEY": self.publishable_key,
            "SUPABASE_SECRET_KEY": self.secret_key, "SUPABASE_DB_URL": self.database_url,
        }  # fmt: skip
        return {name: value for name, value in told.items() if value}

    def token(self, user_id: Any, **claims: Any) -> str:
        """An access token of a user, signed the legacy way."""
        now = int(time.time())
        said = {"sub": str(user_id), "role": "authenticated", "aud": "authenticated", "iat": now, "exp": now + 3600}
        return jwt.encode({**said, **claims}, self.jwt_secret, algorithm="HS256")


class LocalProject:
    """The surface, and what else `start` is told to, on `database`; files and logs are kept in `home`."""

    def __init__(self, database: Database, home: Path, *, start: tuple[str, ...] = (), **settings: Any) -> None:
        port = free_port()
        keys = ensure_keys(home)
        keys |= {member: database.cluster.passwords[role] for role, member in LOGINS.values()}
        write_private(home / "keys.json", json.dumps(keys))
        url = f"http://127.0.0.1:{port}"
        self.room = Room(database, home, supabase_port=port, supabase_url=url, **settings)
        self.project = Project(url, keys["publishable_key"], keys["secret_key"], database.url(), keys["jwt_secret"])
        self.keys = keys
        try:
            self.room.start(*start)
            self.start()
        except BaseException:
            self.room.close()
            raise

    def start(self) -> None:
        """Start the surface (again, after its process was ended) and return once it answers."""
        [self.process] = self.room.start("surface")
        wait_until(self._answers, 60, 0.03, self.room.logs)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.room.logs()
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.project.url}/health", timeout=30) as answer:
            return bool(answer.status == 200)
        return False

    def close(self) -> None:
        """End every process and hang up."""
        self.room.close()
