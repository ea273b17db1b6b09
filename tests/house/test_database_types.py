"""The types of front ends are those of the schema."""

import pytest

from scripts import database_types
from tests.support.database import Database


def test_the_database_types_are_fresh(module_database: Database) -> None:
    """`.venv/bin/python -m scripts.database_types` writes them anew after a change of the schema `public`."""
    with module_database.connect() as connection:
        assert not database_types.stale(connection), "run .venv/bin/python -m scripts.database_types"


def test_the_digest_notices_a_change(database: Database) -> None:
    """A column more, a column that may be empty, a function, a view: each shows in it."""
    with database.connect() as owner:
        seen = {database_types.digest(owner)}
        for number, change in enumerate(
            (
                "create table public.noticed (id integer primary key, word text not null)",
                "alter table public.noticed alter column word drop not null",
                "alter table public.noticed add column later date",
                "create view public.seen with (security_invoker = on) as select id from public.noticed",
                "create function public.told(p_word text) returns text language sql begin atomic select p_word; end",
            ),
            2,
        ):
            owner.execute(change.encode())
            seen.add(database_types.digest(owner))
            assert len(seen) == number, change


@pytest.mark.prove
def test_the_supabase_cli_makes_the_same(module_database: Database) -> None:
    """The file is what the CLI says of a freshly migrated database, to the letter."""
    assert database_types.generate(module_database.url()) == database_types.FILE.read_text()
