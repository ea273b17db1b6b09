"""Words that people write over an RPC into rows that others read: not in the row before a detector has read them."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.db.helpers import Row, World, heard, listening, refused
from tests.db.marketplace.kit import Market, market
from tests.db.moderation.crawl import crawl
from tests.db.moderation.kit import Judged
from tests.db.moderation.test_words import INTRODUCED, NUMBER, shop, unfit
from tests.db.moderation.words_kit import claim, held, judge, over_rest, record, sound

DISGUISED = "Reach me on five1zero, then fifty-seven 4, then seventy nine 46"


def title(made: Market, row: Row, table: str = "projects") -> Any:
    """What stands in a row."""
    return made.world.value(f"select title from public.{table} where id = %s", row["id"])


def change(made: Market, row: Row, **fields: Any) -> Row:
    """Ann changes her project."""
    return made.call(made.ann, "change_project(%s, %s)", row["id"], fields)


def written_everywhere(made: Market) -> Row:
    """Ann writes a mark into each such text; answers the ids to ask about."""
    row = {"title": "zqmarktitle", "description": "zqmarktext", "location": "zqmarkplace",
           "attributes": {"zqmarkkey": "zqmarkvalue"}}  # fmt: skip
    slug, rob = made.tenant.slug, str(made.rob.contact)
    made.call(made.ann, "put_profile(%s, %s)", {"display_name": "zqmarkname", "company": "zqmarkcompany"}, slug)
    project = made.project(**row, category="zqmarkkind")
    card = made.card(**row, project_id=project["id"])
    booking = made.booking(**row)
    made.world.owner.execute("update public.contacts set kind = 'provider' where id = %s", [made.ann.contact])
    asked = made.call(made.rob, "create_bid_card(%s, %s)", {"title": "Tiles", "publish": True}, slug)
    made.bid(asked, made.ann, proposal="zqmarkproposal")
    return {
        "p_contact_id": made.ann.contact, "p_tenant_slug": slug, "p_context_kind": "booking",
        "p_context_id": booking["id"], "p_project_id": uuid.UUID(project["id"]), "p_bid_card_id": uuid.UUID(card["id"]),
        "topics": [f"user:{made.rob.user}", f"inbox:{made.tenant.id}"], "rob": rob,
    }  # fmt: skip


def marks(made: Market, user: Any, known: Row, tenant: Any = None) -> set[str]:
    """The marks in everything somebody is answered."""
    return {m for text in crawl(made.world, user, tenant, known).values() for m in re.findall("zqmark([a-z]+)", text)}


def test_nobody_else_reads_what_no_detector_read(world: World) -> None:
    """Every table, view, call and topic is asked, as the other party, a stranger, the author and the staff."""
    made = shop(world)
    with over_rest(world):
        known = written_everywhere(made)
    everything = {"title", "text", "place", "key", "value", "name", "company", "kind", "proposal"}
    assert marks(made, made.rob.user, known) == set()
    assert marks(made, world.user(), known) == set()
    assert {one["status"] for one in held(world, made.tenant).values()} == {"pending"}
    assert marks(made, made.ann.user, known) == everything
    assert marks(made, made.tenant.people["agent"], known, made.tenant) == everything
    sound(made)
    judge(made)
    assert marks(made, made.rob.user, known) == everything - {"company"}
    assert held(world, made.tenant) == {}
    sound(made)


def test_a_row_is_there_without_its_words(world: World) -> None:
    """With a sign for its title, which it must have; a changed one keeps the words it had."""
    made = shop(world)
    with over_rest(world):
        new = made.card(description="Three rooms", attributes={"rooms": 3}, budget_min=5)
        row = world.one(
            "select title, description, attributes, budget_min from public.bid_cards where id = %s", new["id"]
        )
        assert row == {"title": "…", "description": None, "attributes": {}, "budget_min": 5}
        judge(made)
        made.call(made.ann, "change_bid_card(%s, %s)", new["id"], {"description": "Four rooms", "budget_min": 6})
        row = world.one(
            "select title, description, attributes, budget_min from public.bid_cards where id = %s", new["id"]
        )
        assert row == {"title": "Tiles", "description": "Three rooms", "attributes": {"rooms": 3}, "budget_min": 6}
        made.call(made.ann, "change_bid_card(%s, %s)", new["id"], {"description": None})
    assert world.value("select description from public.bid_cards where id = %s", new["id"]) is None
    assert held(world, made.tenant) == {}


def test_what_is_refused_stays_beside_its_row(world: World) -> None:
    """Its author reads the field and the kinds; other fields come in; said differently it is judged anew."""
    made = shop(world)
    with over_rest(world):
        row = made.project(title="Kitchen", description=DISGUISED)
        judge(made, description=["phone"])
        assert title(made, row) == "Kitchen"
        told = {"description": {"words": DISGUISED, "status": "refused", "kinds": ["phone"]}}
        assert held(world, made.tenant, (made.ann.user, None)) == told
        assert held(world, made.tenant, (made.rob.user, None)) == {}
        audited = world.one("select actor, details from public.audit_log where tenant_id = %s and action = 'words.refused'",
                            made.tenant.id)  # fmt: skip
        assert audited["details"] == {"description": ["phone"]}
        sound(made)
        change(made, row, title="A kitchen")
        judge(made)
        assert held(world, made.tenant) == told
        change(made, row, description="Three rooms")
        judge(made)
    assert world.value("select description from public.projects where id = %s", row["id"]) == "Three rooms"
    assert held(world, made.tenant) == {}
    sound(made)


def test_what_is_written_last_counts(world: World) -> None:
    """Also when it is what the row shows already, and by whoever may write it; others' words wait on."""
    made = shop(world)
    row = made.project(title="Kitchen")
    with over_rest(world):
        change(made, row, title="Bath", description="Two rooms")
        change(made, row, title="Kitchen")
        assert set(held(world, made.tenant)) == {"description"}
    change(made, row, title="Cellar", category="Wine")
    assert title(made, row) == "Cellar"
    made.call("agent", "change_project(%s, %s)", row["id"], {"description": NUMBER})
    assert held(world, made.tenant) == {} and claim(made) == []
    sound(made)


def edited(made: Market, row: Row) -> None:
    """Ann writes something else."""
    with over_rest(made.world):
        change(made, row, title="Cellar")


def withdrawn(made: Market, row: Row) -> None:
    """Ann writes what stands there."""
    with over_rest(made.world):
        change(made, row, title="Kitchen")


def another_policy(made: Market, _: Row) -> None:
    """A new version is in force."""
    Judged(made.world, tenant=made.tenant)


def expired(made: Market, _: Row) -> None:
    """Its lease ran out, and somebody else has it."""
    made.world.owner.execute("update private.word_work set lease_until = now() - interval '1 s' where tenant_id = %s",
                             [made.tenant.id])  # fmt: skip


@pytest.mark.parametrize(("moved", "said"), [
    (edited, "lost"), (withdrawn, "lost"), (another_policy, "stale"), (expired, "lost"),
])  # fmt: skip
def test_what_moved_meanwhile_is_judged_anew(world: World, moved: Callable[[Market, Row], None], said: str) -> None:
    """A verdict on other words, by another policy or of a lost lease lets nothing in."""
    made = shop(world)
    row = made.project(title="Kitchen")
    with over_rest(world):
        change(made, row, title="Bath")
    (job,) = claim(made)
    moved(made, row)
    assert record(made, job) == said
    assert title(made, row) == "Kitchen"
    sound(made)
    judge(made)
    assert title(made, row) == {edited: "Cellar", withdrawn: "Kitchen"}.get(moved, "Bath")
    sound(made)


def test_a_booking_is_judged_as_its_conversation_is(world: World) -> None:
    """After contact details were revealed by the rules for after; a verdict of before is stale then."""
    made = shop(world, INTRODUCED)
    card = made.card()
    bid, booking = made.bid(card), made.booking()
    with over_rest(world):
        made.call(made.rob, "change_booking(%s, %s)", booking["id"], {"description": "Two rooms"})
        (job,) = claim(made)
        assert job["inputs"]["rules"]["stage"] == "before"
        made.set(made.ann, "bid", bid, "accepted")
        assert record(made, job) == "stale"
        (job,) = claim(made)
        assert job["inputs"]["rules"]["stage"] == "after" and record(made, job) == "recorded"
        made.call(made.ann, "change_booking(%s, %s)", booking["id"], {"location": "Here"})
        assert set(held(world, made.tenant, (made.ann.user, None))) == {"location"}
        assert held(world, made.tenant, (made.rob.user, None)) == {}


def test_words_that_do_not_fit_are_refused_when_they_are_written(world: World) -> None:
    """By the constraints of their row and the patterns, not when they were judged."""
    made = shop(world)
    with over_rest(world):
        for wrong in ({"title": "x" * 201}, {"title": "a\nb"}, {"description": "x" * 10_001}, {"category": "x" * 101}):
            with pytest.raises(psycopg.errors.CheckViolation, match="violates check constraint"):
                made.project(**wrong)
        with unfit("description", "phone"):
            made.project(description=NUMBER)
        with pytest.raises(psycopg.errors.NotNullViolation):
            made.call(made.ann, "create_project(%s, %s)", {"description": "x"}, made.tenant.slug)
    assert held(world, made.tenant) == {}


def test_without_a_policy_nothing_is_held(world: World) -> None:
    """Nor where it names another lane; when it goes while words wait, they come in unread, as messages do."""
    for made in (market(world), shop(world, {"agent": {"after": {}}})):
        with over_rest(world):
            assert title(made, made.project()) == "A new roof"
    made = shop(world)
    with over_rest(world):
        row = made.project()
    world.owner.execute("delete from public.active_moderation where tenant_id = %s", [made.tenant.id])
    (job,) = claim(made)
    assert job["inputs"]["rules"] is None and record(made, job) == "recorded"
    assert title(made, row) == "A new roof"


def test_a_bid_written_in_time_comes_in_after_its_card_closed(world: World) -> None:
    """The customer chose among amounts, and may read on."""
    made = shop(world)
    card = made.card()
    with over_rest(world):
        bid = made.bid(card, proposal="In two weeks")
        made.set(made.ann, "bid_card", card, "closed")
    judge(made)
    assert world.value("select proposal from public.contractor_bids where id = %s", bid["id"]) == "In two weeks"


def test_the_staff_lets_refused_words_in(world: World) -> None:
    """Agents, one field or all, on record; a viewer, the author, and another business's staff do not."""
    made, other = shop(world), market(world)
    with over_rest(world):
        row = made.project(title="Kitchen", description="Two", category="Three")
    judge(made, title=["spam"], description=["scam"], category=["spam"])

    def release(who: Any, tenant: Any, field: str | None = None) -> Row:
        return dict(world.rpc(who, tenant, "release_words('project', %s, %s)", row["id"], field))

    for who, tenant, state in ((made.tenant.people["viewer"], made.tenant, "PT403"), (made.ann.user, None, "PT403")):
        with refused(state):
            release(who, tenant)
    assert release(other.tenant.people["agent"], other.tenant)["code"] == "not_found"
    assert world.value("select count(*) from public.access_denials where tenant_id = %s and action = 'release_words'",
                       made.tenant.id) == 1  # fmt: skip
    agent = made.tenant.people["agent"]
    assert release(agent, made.tenant, "title")["released"] == ["title"]
    assert title(made, row) == "Kitchen" and set(held(world, made.tenant)) == {"category", "description"}
    assert release(agent, made.tenant)["released"] == ["category", "description"]
    assert release(agent, made.tenant)["released"] == []
    assert world.value("select details from public.audit_log where tenant_id = %s and action = 'words.released'"
        " order by id limit 1",
                       made.tenant.id) == {"title": ["spam"]}  # fmt: skip
    sound(made)


def test_what_no_detector_can_read_is_left_to_the_staff(world: World) -> None:
    """After eight errors, or as many workers that died; nothing slips through."""
    made = shop(world)
    with over_rest(world):
        failing, killing = made.project(title="One"), made.project(title="Two")
    kinds = set()
    for number in range(8):
        world.owner.execute(
            "update private.word_work set run_at = now() - interval '1 h', lease_until = case when row_id = %s then"
            " now() - interval '1 h' end, expiries = case when row_id = %s then %s else expiries end where tenant_id = %s",
            [killing["id"], killing["id"], number, made.tenant.id],
        )  # fmt: skip
        for job in claim(made):
            if str(job["row_id"]) == failing["id"]:
                kinds.add(world.worker.execute(
                    "select private.fail_words(%s, 'project', %s, %s, 'x') as r",
                    [made.tenant.id, job["row_id"], job["fence"]],
                ).fetchone()["r"])  # fmt: skip
    assert kinds == {"retry", "refused"} and claim(made) == []
    assert (
        world.all("select kinds from public.held_words where tenant_id = %s", made.tenant.id)
        == [{"kinds": ["unjudged"]}] * 2
    )
    assert [title(made, row) for row in (failing, killing)] == ["…", "…"]
    sound(made)


def test_words_wake_the_moderator_once_they_are_committed(world: World) -> None:
    """Over the channel of messages, once a transaction."""
    made = shop(world)
    ear = listening(world.database, "et_moderation")
    with over_rest(world):
        made.project(description="Two rooms", category="Kitchens")
    assert [one.payload for one in heard(ear)] == [""]
    ear.close()


def test_forgotten_people_leave_no_words_beside(world: World) -> None:
    """Theirs, and what was written in their bookings; refused ones go with their time, as messages do."""
    made = shop(world)
    booking, other = (
        made.booking(),
        made.call(made.rob, "create_bid_card(%s, %s)", {"title": "Tiles"}, made.tenant.slug),
    )
    with over_rest(world):
        made.project()
        made.call(made.ann, "put_profile(%s, %s)", {"display_name": "Anna"}, made.tenant.slug)
        made.call(made.rob, "change_booking(%s, %s)", booking["id"], {"description": "Ann's house"})
        made.call(made.rob, "change_bid_card(%s, %s)", other["id"], {"category": "Roofs"})
    world.rpc(made.tenant.people["admin"], made.tenant, "erase_contact(%s, 'request')", made.ann.contact)
    assert set(held(world, made.tenant)) == {"category"}
    sound(made)
    judge(made, category=["spam"])
    world.configure(made.tenant, moderation_days=30)
    world.worker.execute("select private.expire_moderation(10)")
    assert set(held(world, made.tenant)) == {"category"}
    world.owner.execute("update public.held_words set judged_at = now() - interval '31 days' where tenant_id = %s",
                        [made.tenant.id])  # fmt: skip
    world.worker.execute("select private.expire_moderation(10)")
    assert held(world, made.tenant) == {}


def test_nobody_puts_words_in_by_hand(world: World) -> None:
    """Held words are no table clients write, and marked approved they are a broken invariant."""
    made = shop(world)
    with over_rest(world):
        row = made.project()
        for change_it in ("update public.held_words set status = 'approved'", "delete from public.held_words",
                          "insert into public.held_words (tenant_id, kind, row_id, field, words)"
                          " select tenant_id, kind, row_id, 'x', words from public.held_words"):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege), world.acting(made.ann.user) as connection:
                connection.execute(change_it)
    assert title(made, row) == "…"


def test_a_group_has_no_name_before_it_was_read(world: World) -> None:
    """Over whichever login: no detector reads it sooner. Those who take part are told; the staff, who does not read their
    conversations, does not read its name either."""
    chat = Judged(world)
    ann, bob, _ = chat.talk()
    world.configure(chat.tenant, chat_policy="anyone")

    def begun(name: str) -> str:
        return str(chat.call(ann, "start_thread", contact_ids=[bob.contact], subject=name)["thread_id"])

    def names() -> dict[str, Any]:
        return {one: chat.call(bob, "get_conversation", thread_id=uuid.UUID(one))["title"] for one in (kitchen, rude)}

    kitchen, rude = begun("Kitchen"), begun("A rude name")
    agent = chat.tenant.people["agent"]
    assert names() == {kitchen: None, rude: None}
    assert [one["words"] for one in world.all(
        "select words from public.held_words where tenant_id = %s order by written_at", chat.tenant.id
    )] == ["Kitchen", "A rude name"]  # fmt: skip
    for who, fields in (((ann.user, None), {"subject"}), ((bob.user, None), set()), ((agent, chat.tenant), set())):
        assert set(held(world, chat.tenant, who)) == fields
    for job in claim(chat):
        found = {} if job["inputs"]["words"] == {"subject": "Kitchen"} else {"subject": ["harassment"]}
        assert record(chat, job, **found) == "recorded"
    assert names() == {kitchen: "Kitchen", rude: None}
    answer = world.rpc(agent, chat.tenant, "release_words('group', %s)", uuid.UUID(rude))
    assert answer["code"] == "not_found" and names()[rude] is None
    chat.sound()
