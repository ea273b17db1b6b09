"""Links in what was sent: unsubscribe, opens and clicks, answers by a form."""

import json
import re
import uuid
from typing import Any

import httpx
import pytest

from tests.db.helpers import Row, Tenant
from tests.functions.kit import Edge

BODY = "See https://shop.test/a?x=1&y=2 and (http://shop.test/b). Again https://shop.test/a?x=1&y=2!"
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "X-Forwarded-For": "203.0.113.7, 10.0.0.1"}


def newsletter(edge: Edge, tenant: Tenant, *, purpose: str = "marketing", body: str = BODY) -> tuple[Row, Row]:
    """A queued send and its links, {kind or url: id}."""
    arrived = edge.world.arrive(tenant, f"{uuid.uuid4().hex[:8]}@people.test")
    if purpose == "marketing":
        edge.world.consent(tenant, arrived["sender_contact_id"])
    sent = edge.world.enqueue(arrived, body, "system", purpose=purpose)
    links = edge.world.all("select * from private.tracking_links where queue_id = %s", sent["queue_id"])
    return sent | {"address": arrived["sender_address"]}, {
        link["target_url"] or link["kind"]: str(link["id"]) for link in links
    }


def receipts(edge: Edge, sent: Row) -> list[tuple[str, bool]]:
    """(kind, machine) of what is known of a send."""
    rows = edge.world.all("select kind, machine from public.delivery_receipts where message_id = %s order by received_at", sent["message_id"])  # fmt: skip
    return [(row["kind"], row["machine"]) for row in rows]


def suppressed(edge: Edge, tenant: Tenant, address: str) -> list[str]:
    """The scopes an address is suppressed in."""
    rows = edge.world.all(
        "select scope from public.suppressions where tenant_id = %s and address = %s", tenant.id, address
    )
    return [row["scope"] for row in rows]


# ── unsubscribing ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_one_click_unsubscribes_without_cookies(edge: Edge, tenant: Tenant, form: str) -> None:
    """RFC 8058: a POST is all it takes, and what is queued stays at home."""
    sent, links = newsletter(edge, tenant)
    wanted = {"List-Unsubscribe": "One-Click"}
    answer = edge.http.post(f"/unsubscribe/{links['unsubscribe']}", **({"data": wanted} if form == "urlencoded" else {"files": {"List-Unsubscribe": (None, "One-Click")}}))  # type: ignore[arg-type]  # fmt: skip
    assert (answer.status_code, answer.content, "set-cookie" in answer.headers) == (200, b"", False)
    assert suppressed(edge, tenant, sent["address"]) == ["automatic"]
    assert [row for row in edge.world.claim_out(1000) if row["queue_id"] == sent["queue_id"]] == []
    row = edge.world.queue(sent["message_id"])
    assert (row["status"], row["status_reason"]) == ("cancelled", "no_consent")


def test_looking_at_the_page_changes_nothing(edge: Edge, tenant: Tenant) -> None:
    """GET and HEAD never unsubscribe: scanners follow every link. The page's own button does."""
    edge.world.owner.execute(
        "update public.tenants set name = 'Ann''s <Roofs>', locale = 'de-DE' where id = %s", [tenant.id]
    )
    sent, links = newsletter(edge, tenant)
    path = f"/unsubscribe/{links['unsubscribe']}"
    page = edge.http.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200 and "Ann&#39;s &lt;Roofs&gt;" in page.text and '<html lang="de">' in page.text
    assert sent["address"] not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert edge.http.head(path).status_code == 405
    assert suppressed(edge, tenant, sent["address"]) == []
    method, name, value = re.search(r'<form method="(\w+)"><button name="([\w-]+)" value="([\w-]+)"', page.text).groups()  # type: ignore[union-attr]  # fmt: skip
    done = edge.http.request(method, path, data={name: value}, headers={"Accept": "text/html"})
    assert done.status_code == 200 and "Erledigt" in done.text
    assert suppressed(edge, tenant, sent["address"]) == ["automatic"]


def test_a_post_that_does_not_say_so_unsubscribes_nobody(edge: Edge, tenant: Tenant) -> None:
    """An empty or other body is malformed; an unknown link is not found; too much is too much."""
    sent, links = newsletter(edge, tenant)
    path = f"/unsubscribe/{links['unsubscribe']}"
    for content, kind in ((b"", ""), (b"x=1", "application/x-www-form-urlencoded"), (b"--b", "multipart/form-data; boundary=b"),
                          (b"[1]", "application/json"), (b"List-Unsubscribe=One-Click", "image/png")):  # fmt: skip
        assert edge.http.post(path, content=content, headers={"content-type": kind}).status_code == 400
    assert edge.http.post(path, content=b"x" * 70_000).status_code == 413
    for unknown in (f"/unsubscribe/{uuid.uuid4()}", "/unsubscribe/x", "/unsubscribe"):
        assert edge.http.post(unknown, data={"List-Unsubscribe": "One-Click"}).status_code == 404
        assert edge.http.get(unknown).status_code == 404
    assert suppressed(edge, tenant, sent["address"]) == []


def test_an_unsubscribe_link_opens_nothing_else(edge: Edge, tenant: Tenant) -> None:
    """Each id does one thing: it is no pixel, no click and no form."""
    edge.world.configure(tenant, tracking_enabled=True)
    sent, links = newsletter(edge, tenant)
    assert edge.http.get(f"/track/{links['unsubscribe']}").status_code == 404
    assert edge.http.get(f"/form-reply/{links['unsubscribe']}").status_code == 404
    assert edge.http.post(f"/unsubscribe/{links['open']}", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert receipts(edge, sent) == [] and suppressed(edge, tenant, sent["address"]) == []


# ── opens and clicks ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def tracked(edge: Edge, tenant: Tenant) -> tuple[Row, Row]:
    """A send of a tenant that chose tracking."""
    edge.world.configure(tenant, tracking_enabled=True)
    return newsletter(edge, tenant)


def test_a_picture_tells_of_an_open(edge: Edge, tracked: tuple[Row, Row]) -> None:
    """A GIF of one pixel, never cached; kept once a minute, with the reader's address apart."""
    sent, links = tracked
    for _ in range(3):
        answer = edge.http.get(f"/track/{links['open']}.gif", headers=BROWSER)
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/gif"
        assert answer.content.startswith(b"GIF89a") and "no-store" in answer.headers["cache-control"]
    assert receipts(edge, sent)[:1] == [("opened", False)] and len(receipts(edge, sent)) <= 2
    origin = edge.world.all(
        "select o.* from private.tracking_origins as o join public.delivery_receipts as r on r.tenant_id = o.tenant_id"
        " and r.id = o.receipt_id where r.message_id = %s", sent["message_id"])[0]  # fmt: skip
    assert (str(origin["ip"]), origin["user_agent"]) == ("203.0.113.7", BROWSER["User-Agent"])
    assert edge.world.value("select hits from private.tracking_links where id = %s", links["open"]) == 3


def test_a_click_leads_where_the_mail_said(edge: Edge, tracked: tuple[Row, Row]) -> None:
    """To the stored address, whatever is added to the link."""
    sent, links = tracked
    assert set(links) == {"unsubscribe", "open", "https://shop.test/a?x=1&y=2", "http://shop.test/b"}
    for suffix in ("", "?url=https://evil.test", "?to=//evil.test#x", "/../../evil.test"):
        answer = edge.http.get(f"/track/{links['https://shop.test/a?x=1&y=2']}{suffix}", headers=BROWSER)
        if suffix.startswith("/"):
            assert answer.status_code in (302, 404) and "evil" not in answer.headers.get("location", "")
        else:
            assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.test/a?x=1&y=2")
    assert ("clicked", False) in receipts(edge, sent)
    assert edge.http.get(f"/track/{uuid.uuid4()}").status_code == 404
    assert edge.http.get("/track/https://evil.test").status_code == 404
    assert edge.http.head(f"/track/{links['http://shop.test/b']}").status_code == 200
    assert edge.world.value("select hits from private.tracking_links where id = %s", links["http://shop.test/b"]) == 0


@pytest.mark.parametrize(
    "agent",
    ["Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "Mozilla/5.0",
     "YahooMailProxy; https://help.yahoo.com/kb/x", "Barracuda Sentinel (EE)", "curl/8.5", "", "Slackbot-LinkExpanding 1.0"],
)  # fmt: skip
def test_a_mail_proxy_is_a_machine(edge: Edge, tracked: tuple[Row, Row], agent: str) -> None:
    """It is kept as one, and beside a person in the same minute."""
    sent, links = tracked
    edge.http.get(f"/track/{links['open']}.gif", headers={"User-Agent": agent})
    edge.http.get(f"/track/{links['open']}.gif", headers=BROWSER)
    assert sorted(receipts(edge, sent)) == [("opened", False), ("opened", True)]
    assert edge.world.status(sent["message_id"]) == "queued"


def test_a_flood_on_one_link_stays_small(edge: Edge, tracked: tuple[Row, Row]) -> None:
    """However often it is followed: a row a minute, and fifty at most."""
    sent, links = tracked
    edge.world.owner.execute("update private.tracking_links set hits = 49 where id = %s", [links["open"]])
    for _ in range(5):
        assert edge.http.get(f"/track/{links['open']}.gif", headers=BROWSER).status_code == 200
    assert len(receipts(edge, sent)) == 1
    assert edge.world.value("select hits from private.tracking_links where id = %s", links["open"]) == 54


def test_what_a_reader_says_of_himself_is_bounded(edge: Edge, tracked: tuple[Row, Row]) -> None:
    """A long agent is cut, an address that is none is dropped."""
    sent, links = tracked
    for agent, address in (("x" * 5000, "not an address"), ("Firefox \x07'; drop table x; --", "::1")):
        assert edge.http.get(f"/track/{links['open']}.gif", headers={b"User-Agent": agent.encode(), b"X-Forwarded-For": address.encode()}).status_code in (200, 400)  # type: ignore[dict-item]  # fmt: skip
    assert receipts(edge, sent)
    rows = edge.world.all("select length(user_agent) as size, ip from private.tracking_origins")
    assert max(row["size"] for row in rows) <= 300


# ── answering by a form ──────────────────────────────────────────────────────────────────────────────────────────────


def form_link(edge: Edge, tenant: Tenant) -> Row:
    """A link for one contact: {path, contact, session, id}."""
    edge.world.providers["form"] = "hosted_form"
    session = edge.world.session(tenant.id, "form", f"site-{uuid.uuid4().hex[:8]}")
    arrived = edge.world.arrive(tenant, f"{uuid.uuid4().hex[:8]}@people.test", sender_name='Bob "the <b>builder</b>"')
    contact = arrived["sender_contact_id"]
    owner = tenant.people["owner"]
    link = edge.world.rpc(owner, tenant, "create_form_link(%s, %s)", session, contact)["link_id"]
    return {"path": f"/form-reply/{link}", "contact": contact, "session": session, "id": link}


@pytest.fixture
def form(edge: Edge, tenant: Tenant) -> Row:
    """A link for one contact."""
    return form_link(edge, tenant)


def answer(edge: Edge, form: Row, accept: str = "*/*", **fields: Any) -> httpx.Response:
    """Send the form."""
    return edge.http.post(form["path"], data={"text": "I can start on Monday.", **fields}, headers={"Accept": accept})


def test_a_form_is_shown_and_its_answer_kept(edge: Edge, tenant: Tenant, form: Row) -> None:
    """The page's fields make one stored call; who wrote it says the link, whatever the form says."""
    page = edge.http.get(form["path"])
    assert page.status_code == 200 and tenant.slug in page.text and "&lt;b&gt;" in page.text and "<b>" not in page.text
    nonce = re.search(r'name="nonce" value="([\w-]+)"', page.text)[1]  # type: ignore[index]
    fields = {"name": "Bob", "website": "", "nonce": nonce, "contact_id": str(uuid.uuid4())}
    thanks = answer(edge, form, "text/html", **fields)
    assert thanks.status_code == 200 and "Thank you" in thanks.text
    assert answer(edge, form, **fields).json() == {"received": True}
    (row,) = edge.rows(form["session"])
    assert json.loads(bytes(row["payload"])) == {"text": "I can start on Monday.", "name": "Bob"}
    assert row["headers"] == {"contact_id": str(form["contact"]), "message_id": None}
    assert row["event_id"] == f"{form['id']}:{nonce}"


def test_what_a_program_fills_in_is_thanked_for_and_dropped(edge: Edge, form: Row) -> None:
    """The hidden field betrays it; it hears what everybody hears."""
    assert answer(edge, form, website="https://spam.test").json() == {"received": True}
    assert edge.rows(form["session"]) == [] and edge.refusals(form["session"]) == {"honeypot": 1}


@pytest.mark.parametrize(
    "fields",
    [{"text": ""}, {"text": "   \n"}, {"text": "\x00\x01"}, {"text": "x" * 4001}, {"name": "n" * 201}],
    ids=["empty", "blank", "control", "long", "long name"],
)
def test_an_answer_has_a_size(edge: Edge, form: Row, fields: Row) -> None:
    """Nothing, and too much, is malformed."""
    assert answer(edge, form, **fields).status_code == 400
    assert edge.rows(form["session"]) == []


def test_the_longest_answer_and_odd_characters_are_kept(edge: Edge, form: Row) -> None:
    """4,000 characters, counted as people do; line ends become one kind, control characters go."""
    assert answer(edge, form, text="😀" * 4000).status_code == 200
    assert answer(edge, form, text="a\r\nb\rc\x00\x07d").status_code == 200
    bodies = [json.loads(bytes(row["payload"]))["text"] for row in edge.rows(form["session"])]
    assert bodies == ["😀" * 4000, "a\nb\ncd"]


def test_a_link_ends(edge: Edge, form: Row) -> None:
    """After its day, after twenty answers, and with its account: 404 to look and to answer."""
    change = "update private.form_links set {} where id = %s"
    assert edge.http.post(form["path"], content=b"x" * 70_000).status_code == 413
    for what in ("answers = 20", "answers = 0, expires_at = now() - interval '1 s'"):
        edge.world.owner.execute(change.format(what), [form["id"]])
        assert edge.http.get(form["path"]).status_code == 404
        assert answer(edge, form).status_code == 404
    edge.world.owner.execute(change.format("expires_at = now() + interval '1 d'"), [form["id"]])
    assert edge.http.get(form["path"]).status_code == 200
    edge.world.owner.execute(
        "update public.et_channel_sessions set status = 'deleted' where id = %s", [form["session"]]
    )
    assert answer(edge, form).status_code == 404
    assert edge.rows(form["session"]) == []
