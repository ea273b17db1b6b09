"""Links in mail: who gets them, what following them does, and what is forgotten."""

import uuid
from typing import Any

import pytest

from tests.db.helpers import Row, Tenant, World, refused


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant that chose tracking."""
    return world.tenant(tracking_enabled=True)


def send(
    world: World, tenant: Tenant, purpose: str, body: str = "Look: https://a.test/x", channel: str = "email"
) -> Row:
    """A queued message and its links."""
    columns = {} if channel == "email" else {
        "channel": channel, "channel_session_id": world.session(tenant.id, channel, "+15550001111"),
    }  # fmt: skip
    sender = f"{uuid.uuid4().hex[:8]}@p.test" if channel == "email" else f"+1555{uuid.uuid4().int % 10**7:07d}"
    arrived = world.arrive(tenant, sender, **columns)
    if purpose == "marketing":
        world.consent(tenant, arrived["sender_contact_id"], channel=channel)
    sent = world.enqueue(arrived, body, "system", purpose=purpose)
    links = world.all("select * from private.tracking_links where queue_id = %s", sent["queue_id"])
    return sent | {"links": {row["target_url"] or row["kind"]: row["id"] for row in links}, "contact": arrived["sender_contact_id"],
                   "address": sender}  # fmt: skip


def call(world: World, function: str, *values: object) -> Row | None:
    """Call a function as the edge does."""
    marks = ", ".join(["%s"] * len(values))
    row = world.ingress.execute(f"select private.{function}({marks}) as r".encode(), values).fetchone()
    return row["r"]  # type: ignore[index, no-any-return]


def test_a_reply_is_never_tracked(world: World, tenant: Tenant) -> None:
    """Nor is a follow-up, nor what leaves on other channels: answers to a person carry nothing."""
    for purpose, channel in (("reply", "email"), ("follow_up", "email"), ("notification", "sms")):
        assert send(world, tenant, purpose, channel=channel)["links"] == {}


@pytest.mark.parametrize("purpose", ["notification", "marketing"])
def test_what_is_sent_unasked_can_be_stopped(world: World, tenant: Tenant, purpose: str) -> None:
    """An unsubscribe link always; opens and clicks only where the tenant chose them."""
    assert set(send(world, tenant, purpose)["links"]) == {"unsubscribe", "open", "https://a.test/x"}
    world.configure(tenant, tracking_enabled=False)
    sent = send(world, tenant, purpose)
    assert set(sent["links"]) == {"unsubscribe"}
    details = world.value("select private.dispatch_details(%s, %s) -> 'links'", tenant.id, sent["queue_id"])
    assert details == {"unsubscribe": str(sent["links"]["unsubscribe"]), "clicks": {}}
    assert world.tenant() and not world.value("select tracking_enabled from public.tenant_settings order by updated_at desc limit 1")  # fmt: skip


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("none at all", []), ("http://", []), ("https:///x", []), ("javascript:alert(1) ftp://x.test", []),
        ("(see https://a.test/b), or <https://a.test/c>.", ["https://a.test/b", "https://a.test/c"]),
        ("https://a.test/b https://a.test/b", ["https://a.test/b"]), ('"https://a.test/?q=1&r=2"', ["https://a.test/?q=1&r=2"]),
        ("https://a.test/" + "x" * 2000, []), (" ".join(f"https://a.test/{n}" for n in range(80)), None),
    ],
)  # fmt: skip
def test_addresses_are_found_in_a_text(world: World, body: str, found: list[str] | None) -> None:
    """Without the punctuation around them, each once, fifty at most, only http and https."""
    rows = [row["url"] for row in world.all("select url from private.links_in(%s) as l (url)", body)]
    assert sorted(rows) == found if found is not None else len(rows) == 50


def test_the_details_name_every_link(world: World, tenant: Tenant) -> None:
    """What an adapter needs: ids by purpose, and by address."""
    sent = send(world, tenant, "marketing", "https://a.test/x https://b.test/y")
    links = {name: str(one) for name, one in sent["links"].items()}
    details = world.value("select private.dispatch_details(%s, %s) -> 'links'", tenant.id, sent["queue_id"])
    assert details == {"unsubscribe": links.pop("unsubscribe"), "open": links.pop("open"), "clicks": links}


def test_ids_are_random_and_tell_nothing(world: World, tenant: Tenant) -> None:
    """No version bits, no time: 128 bits of chance."""
    ids = [row["id"] for row in world.all("select private.random_id() as id from generate_series(1, 500)")]
    assert len(set(ids)) == 500
    assert len({one.version for one in ids}) > 3
    assert len({str(one)[:8] for one in ids}) == 500


def test_opens_and_clicks_move_no_status(world: World, tenant: Tenant) -> None:
    """They are worth keeping, and nothing else: a picture that was loaded was not read."""
    sent = send(world, tenant, "notification")
    world.finish(next(row for row in world.claim_out(1000) if row["queue_id"] == sent["queue_id"]))
    assert call(world, "track", sent["links"]["open"], "203.0.113.9", "Firefox", False) == {
        "kind": "open",
        "target_url": None,
    }
    assert call(world, "track", sent["links"]["https://a.test/x"], None, None, True) == {
        "kind": "click", "target_url": "https://a.test/x"}  # fmt: skip
    assert world.status(sent["message_id"]) == "sent"
    rows = world.all(
        "select kind, machine, provider from public.delivery_receipts where message_id = %s order by kind",
        sent["message_id"],
    )
    assert [tuple(row.values()) for row in rows] == [("clicked", True, "parley"), ("opened", False, "parley")]
    assert world.violations(tenant) == {}


def test_unsubscribing_stops_what_is_queued_and_withdraws_consent(world: World, tenant: Tenant) -> None:
    """At once, on record, once; answers to what the person writes still leave."""
    sent = send(world, tenant, "marketing")
    link = sent["links"]["unsubscribe"]
    assert call(world, "unsubscribe_page", link) == {"tenant_name": tenant.slug, "locale": "en"}
    assert world.all("select 1 from public.suppressions where tenant_id = %s", tenant.id) == []
    for _ in range(2):
        assert call(world, "unsubscribe", link) == {"tenant_name": tenant.slug, "locale": "en"}
    assert world.one("select address, scope, reason from public.suppressions where tenant_id = %s", tenant.id) == {
        "address": sent["address"], "scope": "automatic", "reason": "unsubscribed"}  # fmt: skip
    consents = world.all("select granted, source from public.contact_consents where contact_id = %s order by recorded_at", sent["contact"])  # fmt: skip
    assert [tuple(row.values()) for row in consents] == [(True, "form"), (False, "unsubscribe link")]
    assert (world.status(sent["message_id"]), world.queue(sent["message_id"])["status_reason"]) == (
        "cancelled",
        "no_consent",
    )
    answered = world.arrive(tenant, sent["address"])
    reply = world.enqueue(answered, "Of course", "agent")
    assert any(row["queue_id"] == reply["queue_id"] for row in world.claim_out(1000))
    assert world.violations(tenant) == {}


def test_unsubscribing_withdraws_what_the_person_agreed_to_under_another_record(world: World, tenant: Tenant) -> None:
    """The mail went to a record that was merged since; the consent stands on the one that goes on."""
    sent = send(world, tenant, "marketing")
    winner = world.arrive(tenant, "winner@people.test")["sender_contact_id"]
    world.rpc(tenant.people["owner"], tenant, "merge_contacts(%s, %s)", winner, sent["contact"])
    world.rpc(tenant.people["owner"], tenant, "record_consent(%s, 'email', 'marketing', true)", winner)
    call(world, "unsubscribe", sent["links"]["unsubscribe"])
    assert world.value("select private.has_consent(%s, %s, 'email', 'marketing')", tenant.id, winner) is False


def test_unsubscribing_again_counts_after_somebody_lifted_it(world: World, tenant: Tenant) -> None:
    """The wish of today, not the receipt of last month."""
    sent = send(world, tenant, "marketing")
    call(world, "unsubscribe", sent["links"]["unsubscribe"])
    world.rpc(tenant.people["owner"], tenant, "lift_suppression('email', %s)", sent["address"])
    call(world, "unsubscribe", sent["links"]["unsubscribe"])
    assert world.one("select reason from public.suppressions where tenant_id = %s", tenant.id)


def test_a_link_of_a_deleted_tenant_or_of_nobody_does_nothing(world: World, tenant: Tenant) -> None:
    """Null, whichever function is asked; and one kind of link never serves for another."""
    sent = send(world, tenant, "marketing")
    links = sent["links"]
    assert call(world, "track", links["unsubscribe"], None, None, False) is None
    assert call(world, "unsubscribe", links["open"]) is None
    for one in (uuid.uuid4(), links["open"]):
        if one == links["open"]:
            world.owner.execute(
                "update public.tenants set status = 'deleted', deleted_at = now() where id = %s", [tenant.id]
            )
        assert call(world, "track", one, None, None, False) is None
        assert call(world, "unsubscribe", one) is None and call(world, "unsubscribe_page", one) is None
    assert call(world, "unsubscribe", links["unsubscribe"]) is None


def test_readers_are_forgotten_and_receipts_stay(world: World, tenant: Tenant) -> None:
    """Address and browser leave after thirty days; that it was opened does not."""
    sent = send(world, tenant, "notification")
    call(world, "track", sent["links"]["open"], "203.0.113.9", "Firefox", False)
    world.worker.execute("select private.sweep_tracking()")
    assert (
        world.one("select host(ip) as ip from private.tracking_origins where tenant_id = %s", tenant.id)["ip"]
        == "203.0.113.9"
    )
    world.owner.execute(
        "update private.tracking_origins set recorded_at = now() - interval '31 d' where tenant_id = %s", [tenant.id]
    )
    world.worker.execute("select private.sweep_tracking()")
    assert world.all("select 1 from private.tracking_origins where tenant_id = %s", tenant.id) == []
    assert (
        world.one("select kind from public.delivery_receipts where message_id = %s", sent["message_id"])["kind"]
        == "opened"
    )


# ── forms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def make_link(world: World, tenant: Tenant, session: Any, contact: Any, message: Any = None, days: int = 30) -> Row:
    """The owner makes a link."""
    return dict(
        world.rpc(tenant.people["owner"], tenant, "create_form_link(%s, %s, %s, %s)", session, contact, message, days)
    )


def test_a_form_link_speaks_for_its_contact(world: World, tenant: Tenant) -> None:
    """Also after that contact was merged into another."""
    world.providers["form"] = "hosted_form"
    session = world.session(tenant.id, "form", "site")
    loser, winner = (world.arrive(tenant, f"{uuid.uuid4().hex[:8]}@p.test")["sender_contact_id"] for _ in range(2))
    link = make_link(world, tenant, session, loser)["link_id"]
    world.rpc(tenant.people["owner"], tenant, "merge_contacts(%s, %s)", winner, loser)
    assert call(world, "accept_form", link, "n1", b"{}") == "stored"
    assert call(world, "accept_form", link, "n1", b"{}") == "duplicate"
    row = world.one("select headers, event_id from private.webhook_events where session_id = %s", session)
    assert row == {"headers": {"contact_id": str(winner), "message_id": None}, "event_id": f"{link}:n1"}
    assert world.value("select answers from private.form_links where id = %s", link) == 1


def test_a_form_link_is_made_for_a_message_too(world: World, tenant: Tenant) -> None:
    """What was asked travels with the answer; the audit log knows of the link, but not the link."""
    world.providers["form"] = "hosted_form"
    session = world.session(tenant.id, "form", "site")
    asked = world.arrive(tenant, "asked@p.test")
    made = make_link(world, tenant, session, asked["sender_contact_id"], asked["id"], days=7)
    assert call(world, "accept_form", made["link_id"], "n1", b"{}") == "stored"
    row = world.one("select headers from private.webhook_events where session_id = %s", session)
    assert row["headers"]["message_id"] == str(asked["id"])
    days = world.value("select expires_at - now() from private.form_links where id = %s", made["link_id"]).days
    logged = world.one(
        "select * from public.audit_log where tenant_id = %s and action = 'form_link.created'", tenant.id
    )
    assert days in (6, 7) and logged["object_id"] == str(asked["sender_contact_id"])
    assert made["link_id"] not in str(logged)


def test_a_form_link_needs_a_form_account(world: World, tenant: Tenant) -> None:
    """An account of another kind is named."""
    contact = world.arrive(tenant)["sender_contact_id"]
    with refused("PT422", code="no_form_account"):
        make_link(world, tenant, tenant.session, contact)


def test_a_form_link_is_made_from_what_is_ones_own(world: World, tenant: Tenant) -> None:
    """A foreign account, contact or message is as good as none, and each attempt is on record; so is, without a
    record, a message of another contact."""
    world.providers["form"] = "hosted_form"
    other = world.tenant()
    ours, theirs = world.session(tenant.id, "form", "site"), world.session(other.id, "form", "site")
    mine, foreign = world.arrive(tenant, "mine@p.test"), world.arrive(other, "theirs@p.test")
    contact = mine["sender_contact_id"]
    tries = [
        ("channel_session", theirs, (theirs, contact)), ("contact", foreign["sender_contact_id"],
        (ours, foreign["sender_contact_id"])), ("message", foreign["id"], (ours, contact, foreign["id"])),
    ]  # fmt: skip
    for kind, named, given in tries:
        answer = make_link(world, tenant, *given)
        assert answer == make_link(world, tenant, *(uuid.uuid4() if one == named else one for one in given))
        assert answer["code"] == "not_found"
        logged = world.one("select * from public.access_denials where object_id = %s", str(named))
        assert (logged["tenant_id"], logged["object_kind"]) == (other.id, kind)
    bob = world.arrive(tenant, "bob@p.test")
    assert make_link(world, tenant, ours, contact, bob["id"])["code"] == "not_found"
    assert world.all("select 1 from private.form_links where tenant_id in (%s, %s)", tenant.id, other.id) == []
    assert world.all("select 1 from public.access_denials where tenant_id = %s", tenant.id) == []


def test_a_burst_of_answers_does_not_pass_the_end_of_a_link(world: World, tenant: Tenant) -> None:
    """Of those who answer at once as many are taken as the link has places left, and one of a kind each."""
    world.providers["form"] = "hosted_form"
    session = world.session(tenant.id, "form", "burst")
    contact = world.arrive(tenant, f"{uuid.uuid4().hex[:8]}@p.test")["sender_contact_id"]
    link = make_link(world, tenant, session, contact)["link_id"]
    world.owner.execute("update private.form_links set answers = 17 where id = %s", [link])

    def answer(connection: Any, number: int) -> str:
        row = connection.execute("select private.accept_form(%s, %s, '{}') as r", [link, f"n{number // 2}"]).fetchone()
        return str(row["r"])

    answers = world.together(12, answer, "parley_ingress")
    assert answers.count("stored") == 3 and "unknown" in answers
    assert world.value("select answers from private.form_links where id = %s", link) == 20
    assert world.value("select count(*) from private.webhook_events where session_id = %s", session) == 3
