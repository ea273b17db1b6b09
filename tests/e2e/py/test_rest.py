"""Tables and functions through supabase-py: the queries of its reference."""

from collections.abc import Callable

import pytest
from postgrest import APIError, CountMethod

from supabase import Client


def test_the_documented_queries_work(anonymous: Client) -> None:
    """Select, filter, order, page, count, one row, embeds and CSV."""
    books, authors = anonymous.table("e2e_books"), anonymous.table("e2e_authors")
    page = (
        books.select("title, author:author_id(name)", count=CountMethod.exact)
        .eq("author_id", 2).order("id", desc=True).range(0, 0).execute()
    )  # fmt: skip
    assert (page.data, page.count) == ([{"title": "Bugs", "author": {"name": "Grace"}}], 2)
    chosen = (
        authors.select("name")
        .contains("tags", ["navy"])
        .or_("id.gt.5,born.not.is.null")
        .text_search("search", "grace")
        .execute()
    )
    assert chosen.data == [{"name": "Grace"}]
    assert authors.select("name").eq("id", 1).single().execute().data == {"name": "Ada"}
    assert authors.select("name").eq("id", 0).maybe_single().execute() is None
    inner = authors.select("name, e2e_books!author_id!inner(id)").in_("e2e_books.title", ["Bugs", "x,y"]).execute()
    assert [row["name"] for row in inner.data] == ["Grace"]
    assert books.select("*", count=CountMethod.exact, head=True).execute().count == 4
    assert authors.select("id").lt("id", 3).order("id").csv().execute().data == "id\n1\n2"
    with pytest.raises(APIError) as caught:
        books.select("e2e_authors(*)").execute()
    assert caught.value.code == "PGRST201"


def test_rows_are_written_and_functions_called(service: Client) -> None:
    """Insert, upsert, update, delete and rpc answer with what the client expects."""
    books = service.table("e2e_books")
    books.delete().gte("id", 200).execute()
    made = books.insert([{"id": 200, "title": "py a"}, {"id": 201, "title": "py b"}]).execute()
    assert [row["id"] for row in made.data] == [200, 201]
    merged = books.upsert({"id": 200, "title": "py c", "pages": 1}, on_conflict="id").execute()
    assert (merged.data[0]["title"], merged.data[0]["pages"]) == ("py c", 1)
    changed = books.update({"pages": 2}).gte("id", 200).execute()
    assert [row["pages"] for row in changed.data] == [2, 2]
    assert books.delete(count=CountMethod.exact).in_("id", [200, 201]).execute().count == 2
    assert service.rpc("e2e_add", {"a": 1, "b": 2}).execute().data == 3
    assert service.rpc("e2e_add", {"a": 1}, get=True).execute().data == 11
    listed = service.rpc("e2e_books_of", {"author": 2}).select("title").order("title").limit(1).execute()
    assert listed.data == [{"title": "Bugs"}]


def test_whoever_may_not_is_told_so(anonymous: Client) -> None:
    """A refusal has the code of Postgres, and nothing is written."""
    for attempt in (
        lambda: anonymous.table("e2e_books").insert({"id": 300, "title": "no"}).execute(),
        lambda: anonymous.table("e2e_books").delete().eq("id", 1).execute(),
    ):
        refused: Callable[[], object] = attempt
        with pytest.raises(APIError) as caught:
            refused()
        assert caught.value.code == "42501"
