"""Drafts and translations: asked for, served once, private, and gone when their source changes."""

import uuid
from typing import Any

import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World, heard, listening, refused


def claim(world: World, limit: int = 10) -> list[Row]:
    """Requests with their context, as the worker gets them."""
    cursor = world.worker.cursor(row_factory=dict_row)
    return cursor.execute(
        "select c.*, private.assist_context(c.tenant_id, c.request_id) as context"
        " from private.claim_assistants('a1', %s) as c", [limit],
    ).fetchall()  # fmt: skip


def complete(world: World, work: Row, **result: Any) -> str:
    """What complete_assistant says."""
    row = world.worker.execute(
        "select private.complete_assistant(%s, %s, %s, %s) as r",
        [work["tenant_id"], work["request_id"], work["fence"], Jsonb({"status": "done", **result})],
    ).fetchone()
    return str(row["r"])  # type: ignore[index]


def translated(world: World, work: Row, text: str = "Hallo") -> str:
    """Complete a translation."""
    return complete(world, work, text=text, rev=work["context"]["rev"], model="m", prompt_version="translate.v1")


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant of this test's own."""
    return world.tenant("agent", "viewer")


def ask(world: World, tenant: Tenant, message: Row, language: str | None = "de", who: str = "agent") -> Row:
    """translate_message as a member."""
    return dict(world.rpc(tenant.people[who], tenant, "translate_message(%s, %s)", message["id"], language))


def test_drafts_are_asked_for_written_and_read(world: World, tenant: Tenant) -> None:
    """waiting, then done with up to three drafts; the worker got what the contact wrote; nothing was sent."""
    message = world.arrive(tenant, body="Do you serve Hoboken?")
    asked = world.rpc(tenant.people["agent"], tenant, "suggest_replies(%s)", message["thread_id"])
    assert asked["status"] == "waiting"
    (work,) = claim(world)
    assert [one["text"] for one in work["context"]["burst"]] == ["Do you serve Hoboken?"]
    drafts = [{"body": f"draft {n}", "source": "faq"} for n in range(5)]
    assert complete(world, work, drafts=drafts, decider="rules") == "recorded"
    state = world.rpc(tenant.people["viewer"], tenant, "read_suggestions(%s)", asked["request_id"])
    assert (state["status"], [one["body"] for one in state["drafts"]]) == ("done", ["draft 0", "draft 1", "draft 2"])
    assert world.value("select count(*) from public.et_messages where tenant_id = %s", tenant.id) == 1
    assert world.value("select count(*) from public.et_outbound_queue where tenant_id = %s", tenant.id) == 0


def test_the_worker_sees_what_was_not_answered_yet(world: World, tenant: Tenant) -> None:
    """Everything since our last word; when we had the last word, the contact's last message."""
    done = world.answered(tenant, body="first")
    world.finish(world.claim_out()[0])
    for body in ("second", "third"):
        world.arrive(tenant, body=body)
    for expected in (["second", "third"],):
        world.rpc(tenant.people["agent"], tenant, "suggest_replies(%s)", done["thread_id"])
        (work,) = claim(world)
        assert [one["text"] for one in work["context"]["burst"]] == expected
        complete(world, work, drafts=[])
    (inbound,) = world.claim()
    world.complete(inbound)
    world.rpc(tenant.people["agent"], tenant, "suggest_replies(%s)", done["thread_id"])
    (work,) = claim(world)
    assert [one["text"] for one in work["context"]["burst"]] == ["third"]


def test_a_translation_is_paid_for_once(world: World, tenant: Tenant) -> None:
    """Asked twice while it waits: one request. Asked again when it is there: the text, no request."""
    message = world.arrive(tenant, body="Bonjour")
    assert ask(world, tenant, message)["status"] == "waiting"
    assert ask(world, tenant, message)["status"] == "waiting"
    (work,) = claim(world)
    assert (work["context"]["text"], work["context"]["language"]) == ("Bonjour", "de")
    assert translated(world, work) == "recorded"
    again = ask(world, tenant, message)
    assert (again["status"], again["text"]) == ("done", "Hallo")
    assert claim(world) == []
    assert ask(world, tenant, message, "fr")["status"] == "waiting"
    assert len(claim(world)) == 1


def test_the_tenants_language_is_the_default(world: World, tenant: Tenant) -> None:
    """Without a language its locale decides; nonsense is refused."""
    message = world.arrive(tenant)
    world.owner.execute("update public.tenants set locale = 'pt-BR' where id = %s", [tenant.id])
    assert ask(world, tenant, message, None)["language"] == "pt"
    with refused("PT422", code="bad_language"):
        ask(world, tenant, message, "english please")


def test_the_agents_own_language_comes_first(world: World, tenant: Tenant) -> None:
    """Each reads his own, in his script whatever his region; whoever set none, and a key, reads the tenant's."""
    message, agent, owner = world.arrive(tenant), tenant.people["agent"], tenant.people["owner"]
    for given, read in (
        ("pt-BR", "pt"),
        ("zh-hant-TW", "zh-Hant"),
        ("sr-Latn", "sr-Latn"),
        ("de-1996", "de"),
        (None, "en"),
    ):
        world.rpc(agent, tenant, "set_language(%s)", given)
        assert ask(world, tenant, message, None)["language"] == read
    world.rpc(agent, tenant, "set_language('uk')")
    assert world.rpc(owner, tenant, "read_translation(%s)", message["id"])["language"] == "en"
    assert world.rpc(agent, tenant, "read_translation(%s)", message["id"])["language"] == "uk"
    assert ask(world, tenant, message, "fr")["language"] == "fr"


def test_an_edit_takes_its_translations_along(world: World, tenant: Tenant) -> None:
    """And one that was under way is thrown away and made anew; an erased message has none."""
    message = world.arrive(tenant, body="Bonjour")
    ask(world, tenant, message)
    (work,) = claim(world)
    world.owner.execute("update public.et_messages set body = 'Bonsoir', edited_at = now() where id = %s", [message["id"]])  # fmt: skip
    assert translated(world, work) == "released"
    (work,) = claim(world)
    assert work["context"]["text"] == "Bonsoir"
    assert translated(world, work, "Guten Abend") == "recorded"
    assert ask(world, tenant, message)["text"] == "Guten Abend"
    world.owner.execute("update public.et_messages set body = '', deleted_at = now() where id = %s", [message["id"]])
    assert world.value("select count(*) from private.message_translations where message_id = %s", message["id"]) == 0
    gone = world.rpc(tenant.people["agent"], tenant, "translate_message(%s, 'de')", message["id"])
    assert gone["code"] == "not_found"


def test_drafts_go_when_what_they_answer_changes(world: World, tenant: Tenant) -> None:
    """A draft may quote what was erased."""
    message = world.arrive(tenant, body="secret")
    asked = world.rpc(tenant.people["agent"], tenant, "suggest_replies(%s)", message["thread_id"])
    (work,) = claim(world)
    complete(world, work, drafts=[{"body": "about your secret", "source": "model"}])
    world.owner.execute("update public.et_messages set body = '' where id = %s", [message["id"]])
    assert world.value("select count(*) from private.suggestion_drafts where tenant_id = %s", tenant.id) == 0
    assert world.rpc(tenant.people["agent"], tenant, "read_suggestions(%s)", asked["request_id"])["code"] == "not_found"


def test_who_may_ask(world: World, tenant: Tenant) -> None:
    """Asking costs money and needs send; reading needs read; another tenant gets what a missing id gets."""
    message = world.arrive(tenant)
    with refused("PT403"):
        ask(world, tenant, message, who="viewer")
    with refused("PT403"):
        world.rpc(tenant.people["viewer"], tenant, "suggest_replies(%s)", message["thread_id"])
    other = world.tenant()
    asked = world.rpc(tenant.people["agent"], tenant, "suggest_replies(%s)", message["thread_id"])
    for call, mine in (
        ("suggest_replies(%s)", message["thread_id"]), ("read_suggestions(%s)", asked["request_id"]),
        ("translate_message(%s)", message["id"]), ("read_translation(%s)", message["id"]),
    ):  # fmt: skip
        foreign = world.rpc(other.people["owner"], other, call, mine)
        assert foreign == world.rpc(other.people["owner"], other, call, uuid.uuid4())
    assert world.value("select count(*) from public.access_denials where tenant_id = %s", tenant.id) == 4
    with world.acting(None) as connection, refused("42501"):
        connection.execute("select public.suggest_replies(%s)", [message["thread_id"]])


def test_a_lost_lease_records_nothing(world: World, tenant: Tenant) -> None:
    """The request goes to the next worker, whose result is the one that counts."""
    message = world.arrive(tenant)
    ask(world, tenant, message)
    (first,) = claim(world)
    assert claim(world) == []
    world.expire_leases("assist_work")
    (second,) = claim(world)
    assert translated(world, first, "late") == "lost"
    assert translated(world, second, "good") == "recorded"
    assert ask(world, tenant, message)["text"] == "good"


def test_errors_end(world: World, tenant: Tenant) -> None:
    """Five errors make it failed, with a growing pause between; it may be asked for anew."""
    message = world.arrive(tenant)
    ask(world, tenant, message)
    for number in range(5):
        (work,) = claim(world)
        answer = world.worker.execute(
            "select private.fail_assistant(%s, %s, %s) as r", [work["tenant_id"], work["request_id"], work["fence"]]
        ).fetchone()
        assert answer["r"] == ("failed" if number == 4 else "retry")  # type: ignore[index]
        assert claim(world) == []
        world.owner.execute("update private.assist_work set run_at = clock_timestamp()")
    state = world.rpc(tenant.people["agent"], tenant, "read_translation(%s, 'de')", message["id"])
    assert (state["status"], state["reason"]) == ("failed", "errors")
    assert ask(world, tenant, message)["status"] == "waiting"


def test_one_tenants_requests_do_not_stand_before_anothers(world: World, tenant: Tenant) -> None:
    """Claims go round the tenants; a tenant may have a hundred waiting and no more."""
    thread = world.arrive(tenant)["thread_id"]
    for _ in range(100):
        world.rpc(tenant.people["agent"], tenant, "suggest_replies(%s)", thread)
    with refused("PT429", code="assistant_busy"):
        world.rpc(tenant.people["agent"], tenant, "suggest_replies(%s)", thread)
    other = world.tenant()
    world.rpc(other.people["owner"], other, "suggest_replies(%s)", world.arrive(other)["thread_id"])
    assert other.id in {row["tenant_id"] for row in claim(world, 2)}


def test_a_request_wakes_the_worker(world: World, tenant: Tenant) -> None:
    """One notification without a payload."""
    message = world.arrive(tenant)
    with listening(world.database, "et_assist") as connection:
        ask(world, tenant, message)
        assert {(note.channel, note.payload) for note in heard(connection)} == {("et_assist", "")}


def test_old_help_expires(world: World, tenant: Tenant) -> None:
    """Drafts after a week, translations after a month; what still waits stays."""
    message = world.arrive(tenant)
    ask(world, tenant, message)
    (work,) = claim(world)
    translated(world, work)
    world.rpc(tenant.people["agent"], tenant, "suggest_replies(%s)", message["thread_id"])
    (work,) = claim(world)
    complete(world, work, drafts=[{"body": "x", "source": "faq"}])
    world.rpc(tenant.people["agent"], tenant, "suggest_replies(%s)", message["thread_id"])
    world.owner.execute("update private.assist_work set finished_at = finished_at - interval '8 days'")
    world.owner.execute("update private.message_translations set created_at = created_at - interval '31 days'")
    world.worker.execute("select private.expire_assistance()")
    counts = world.one(
        "select (select count(*) from private.assist_work) as work, (select count(*) from private.suggestion_drafts)"
        " as drafts, (select count(*) from private.message_translations) as translations"
    )
    assert counts == {"work": 1, "drafts": 0, "translations": 0}
