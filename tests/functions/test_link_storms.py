"""Floods of the pages people are sent to: what is no answer changes nothing, and what is said twice counts once."""

import random
import uuid
from collections import Counter
from urllib.parse import parse_qs, quote, urlencode

import pytest

from tests.db.helpers import Tenant
from tests.functions.kit import Edge
from tests.functions.storm import COPIES, Outcome, Request, Requests, mutate, slowest, storm, volleys
from tests.functions.test_links import BROWSER, form_link, newsletter

TYPES = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain", ""]  # fmt: skip
FORM = {"content-type": TYPES[0]}
REFUSED = {400, 404, 405, 413, 414, 431}
PAGES = ["track", "unsubscribe", "form-reply"]


def strange(chance: random.Random, known: str) -> str:
    """An id that is not the known one, and may be none at all."""
    wrong = [uuid.UUID(int=chance.getrandbits(128)).hex, "%00", "..%2f..", "x" * 3000, str(uuid.uuid4()).upper()]
    changed = mutate(chance, known.encode())
    if len(changed) < 3000 and changed.strip().lower() != known.encode():
        wrong.append(quote(changed, safe=""))
    return chance.choice(wrong)


def is_answer(body: bytes) -> bool:
    """Whether a form with this body would say something."""
    said = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return any(one.strip() for one in said.get("text", [])) or "One-Click" in said.get("List-Unsubscribe", [])


def senseless(chance: random.Random) -> bytes:
    """A body that answers nothing and unsubscribes nobody."""
    while True:
        seed = chance.choice([b"List-Unsubscribe=One-Clic&txt=", b"tex=Hello&name=Ann&nonce=12345678", b"--x\r\n"])
        body = chance.choice([mutate(chance, seed), chance.randbytes(chance.randrange(200)), b"text=" + b"+" * 50])
        if not is_answer(body):
            return body


def nonsense(chance: random.Random, page: str, known: str) -> Requests:
    """Requests for a page that nothing may come of."""
    while True:
        headers = {"content-type": chance.choice(TYPES), **BROWSER}
        if page == "track":
            # A picture and a click are asked for: nothing but the id can be wrong.
            yield f"{chance.choice(['GET ', 'POST '])}/track/{strange(chance, known)}", b"", headers
        else:
            one = known if chance.random() < 0.5 else strange(chance, known)
            yield f"/{page}/{one}", senseless(chance), headers


def bombard(edge: Edge, tenant: Tenant, page: str, count: int) -> list[Outcome]:
    """So many of them at one page; nothing may have changed."""
    chance = random.Random(7)
    edge.world.configure(tenant, tracking_enabled=True)
    _, links = newsletter(edge, tenant)
    form = form_link(edge, tenant)
    source = nonsense(chance, page, {"track": links["open"], "unsubscribe": links["unsubscribe"]}.get(page, str(form["id"])))  # fmt: skip
    outcomes = storm(edge, iter([next(source) for _ in range(count)]))
    found = Counter(status for status, _ in outcomes)
    assert len(outcomes) == count and set(found) <= REFUSED, found
    for table in ("public.suppressions", "public.delivery_receipts", "private.webhook_events"):
        assert edge.world.all(f"select 1 from {table} where tenant_id = %s", tenant.id) == [], table
    return outcomes


@pytest.mark.parametrize("page", PAGES)
def test_nonsense_to_people_s_pages_changes_nothing(edge: Edge, tenant: Tenant, page: str) -> None:
    """Whatever is sent to a link, known or not: no error of ours, nobody unsubscribed, nothing opened or answered."""
    bombard(edge, tenant, page, 240)


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES)
def test_ten_thousand_pieces_of_nonsense(edge: Edge, tenant: Tenant, page: str) -> None:
    """The same, 10,000 times for each page."""
    outcomes = bombard(edge, tenant, page, 10_000)
    print(f"{page}: 10,000 refused, p95 {slowest(outcomes, 0.95) * 1000:.0f} ms")


def repeat(edge: Edge, requests: list[Request]) -> list[Outcome]:
    """One request after the other, all copies of each at once; each is answered well."""
    outcomes = volleys(edge, iter(requests))
    assert Counter(status for status, _ in outcomes) == {200: len(requests) * COPIES}
    return outcomes


def unsubscribe(edge: Edge, tenant: Tenant, ids: int) -> list[Outcome]:
    """So many people unsubscribe, each so many times: each is suppressed once."""
    links = [newsletter(edge, tenant)[1]["unsubscribe"] for _ in range(ids)]
    body = urlencode({"List-Unsubscribe": "One-Click"}).encode()
    outcomes = repeat(edge, [(f"/unsubscribe/{one}", body, FORM) for one in links])
    assert edge.world.value("select count(*) from public.suppressions where tenant_id = %s", tenant.id) == ids
    return outcomes


def reply(edge: Edge, tenant: Tenant, ids: int) -> list[Outcome]:
    """So many answers, ten by one link (twenty would end it), each sent so many times: each is kept once."""
    links = [form_link(edge, tenant)["id"] for _ in range(0, ids, 10)]
    bodies = [urlencode({"text": f"Answer {n}", "nonce": f"nonce-{n:08}"}).encode() for n in range(ids)]
    outcomes = repeat(edge, [(f"/form-reply/{links[n // 10]}", bodies[n], FORM) for n in range(ids)])
    assert edge.world.value("select count(*) from private.webhook_events where tenant_id = %s", tenant.id) == ids
    return outcomes


def track(edge: Edge, tenant: Tenant, ids: int) -> list[Outcome]:
    """So many mails are opened, each so many times: every look is counted, one opening is kept per mail and minute.

    That is by design: a reader who comes back later is news, a second look within the minute is not. So a mail whose
    copies arrive around the turn of a minute rightly has two, and the minutes are counted, not only the mails.
    """
    edge.world.configure(tenant, tracking_enabled=True)
    links = [newsletter(edge, tenant)[1]["open"] for _ in range(ids)]
    outcomes = repeat(edge, [(f"GET /track/{one}.gif", b"", BROWSER) for one in links])
    row = edge.world.one(
        "select count(*) as rows, count(distinct message_id) as mails,"
        " count(distinct (message_id, date_trunc('minute', occurred_at))) as minutes"
        " from public.delivery_receipts where tenant_id = %s and kind = 'opened'", tenant.id,
    )  # fmt: skip
    assert row["mails"] == ids and row["rows"] == row["minutes"], row
    hits = edge.world.value("select sum(hits)::int from private.tracking_links where tenant_id = %s", tenant.id)
    assert hits == ids * COPIES
    return outcomes


REPEATED = {"unsubscribe": unsubscribe, "form-reply": reply, "track": track}


@pytest.mark.parametrize("page", PAGES)
def test_what_is_said_many_times_counts_once(edge: Edge, tenant: Tenant, page: str) -> None:
    """Five links or answers, all 50 copies of one in flight together."""
    REPEATED[page](edge, tenant, 5)


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", PAGES)
def test_a_thousand_links_fifty_copies(edge: Edge, tenant: Tenant, page: str) -> None:
    """50,000 requests, the 50 that say the same all at once: 1,000 of them count."""
    outcomes = REPEATED[page](edge, tenant, 1000)
    print(f"{page}: 50,000 requests, 1,000 counted, p50 {slowest(outcomes, 0.5) * 1000:.0f} ms,"
          f" p99 {slowest(outcomes, 0.99) * 1000:.0f} ms, longest {slowest(outcomes) * 1000:.0f} ms")  # fmt: skip
