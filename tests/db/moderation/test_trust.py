"""Who keeps trying: what a strike weighs, how it fades, what follows, and how it is taken back."""

import json
import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import World, detail, refused
from tests.db.moderation.reviewing_kit import PHONE, Reviewed


def test_a_verdict_weighs_by_its_worst_kind_and_fades(world: World) -> None:
    """A masked text half of a stopped one, a held one nothing; after a half life half of it is left."""
    chat = Reviewed(world, {})
    ann, _, thread = chat.talk()
    chat.judged(ann, thread, "filtered", filtered_content="[masked]", kinds=["address", "phone"])
    chat.judged(ann, thread, "review", body="held", kinds=["threat"])
    chat.judged(ann, thread, "blocked", body="out", kinds=["self_harm", "spam"])
    assert [(row["reason"], row["kind"], row["weight"]) for row in chat.strikes(ann)] == [
        ("filtered", "phone", 1), ("blocked", "spam", 4)]  # fmt: skip
    trust = chat.trust(ann)
    assert (trust["score"], trust["in_force"], trust["mute_at"]) == (5, True, 8)
    assert [(one["reason"], one["counts"]) for one in trust["reasons"]] == [("blocked", 4), ("filtered", 1)]
    world.owner.execute("update public.contact_strikes set at = at - interval '14 days' where contact_id = %s",
                        [ann.contact])  # fmt: skip
    assert chat.trust(ann)["score"] == 2.5
    world.owner.execute("update public.contact_strikes set at = at - interval '9 years' where contact_id = %s",
                        [ann.contact])  # fmt: skip
    assert (chat.trust(ann)["score"], chat.trust(ann)["reasons"]) == (0, [])


def test_fewer_messages_a_minute(world: World) -> None:
    """From the threshold on a share of the rate, never less than one; only where the policy speaks of trust."""
    chat = Reviewed(world, {"tighten": {"at": 2, "share": 0.2}}, sends_per_minute=10)
    ann, _, thread = chat.talk()
    chat.judged(ann, thread, "blocked")
    standing = chat.call(ann, "my_standing")
    assert standing == {"muted": False, "tightened": True, "sends_per_minute": 2, "mute": None}
    assert chat.trust(ann)["sends_per_minute"] == 2
    chat.say(ann, thread)
    with refused("PT429", code="rate_limited"):
        for _ in range(3):
            chat.say(ann, thread)
    chat.decree({"lanes": {"people": {"before": {}, "after": {}}}})
    assert chat.call(ann, "my_standing")["sends_per_minute"] == 10


def test_too_much_mutes_for_a_time_and_leaves_the_business(world: World) -> None:
    """No word, no edit, no start to others, kindly said; the business is there for him, and it is over by itself."""
    chat = Reviewed(world, {"mute": {"at": 4, "hours": 2}})
    ann, bob, thread = chat.talk()
    message = chat.judged(ann, thread, "blocked", kinds=["threat"])
    (mute,) = chat.mutes(ann)
    assert (mute["reason"], mute["score"], mute["ended_at"]) == ("blocked", 6, None)
    assert (mute["until"] - mute["muted_at"]).total_seconds() == pytest.approx(7200, abs=60)
    assert mute["reasons"][0] | {"at": None} == {"reason": "blocked", "kind": "threat", "weight": 6, "at": None,
                                                 "verdict_id": str(world.value("select id from private.newest_verdict(%s, %s)", chat.tenant.id, message))}  # fmt: skip
    with refused("PT403", code="muted") as caught:
        chat.say(ann, thread, "Hello?")
    said = detail(caught[0])
    assert said["may_appeal"] and said["until"] and "appeal_mute" in str(caught[0].diag.message_hint)
    with refused("PT403", code="muted"):
        chat.call(ann, "edit_own_message", message_id=message, body="softer")
    other = chat.person("Cid")
    chat.share(ann, other)
    with refused("PT403", code="muted"):
        chat.start(ann, other, body="Hello")
    assert chat.call(ann, "get_conversation", thread_id=thread)["may_write"] is False
    assert chat.call(bob, "get_conversation", thread_id=thread)["may_write"] is True
    world.session(chat.tenant.id, "in_app", f"app-{uuid.uuid4().hex}")
    assert chat.call(ann, "start_thread", body="What happened?")["kind"] == "channel"
    world.owner.execute("update public.contact_mutes set muted_at = muted_at - interval '1 day', until = clock_timestamp()"
                        " where id = %s", [mute["id"]])  # fmt: skip
    chat.say(ann, thread, "I am sorry")
    world.worker.execute("select private.end_expired_mutes()")
    assert chat.mutes(ann)[0]["end_reason"] == "expired"
    kinds = world.all("select kind from public.notifications where tenant_id = %s", chat.tenant.id)
    assert {"kind": "contact_muted"} in kinds
    hints = world.all("select payload -> 'muted' as muted from realtime.messages where event = 'standing.changed'"
                      " and topic = %s order by inserted_at", f"user:{ann.user}")  # fmt: skip
    assert [row["muted"] for row in hints] == [True, False]


def test_each_mute_that_ran_its_time_makes_the_next_one_longer(world: World) -> None:
    """Twice as long, up to what the policy says."""
    chat = Reviewed(world, {"mute": {"at": 1, "hours": 2, "most_hours": 5}})
    ann, _, thread = chat.talk()
    for hours in (2, 4, 5):
        world.owner.execute("update public.contact_mutes set muted_at = muted_at - interval '1 day',"
                            " until = clock_timestamp() where contact_id = %s", [ann.contact])  # fmt: skip
        chat.judged(ann, thread, "blocked", body=f"{PHONE} {hours}")
        last = chat.mutes(ann)[-1]
        assert (last["until"] - last["muted_at"]).total_seconds() == pytest.approx(hours * 3600, abs=60)


def test_without_trust_nothing_follows(world: World) -> None:
    """Strikes are kept and shown, nobody is muted; a weight of nought strikes nobody."""
    chat = Reviewed(world)
    ann, _, thread = chat.talk()
    for number in range(4):
        chat.judged(ann, thread, "blocked", body=f"{PHONE} {number}", kinds=["threat"])
    assert (chat.trust(ann)["in_force"], chat.mutes(ann)) == (False, []) and chat.trust(ann)["score"] > 20
    chat.say(ann, thread)
    calm = Reviewed(world, {"weights": {"phone": 0}, "evasion": {"weight": 0}})
    eve, _, thread = calm.talk()
    for number in range(4):
        calm.judged(eve, thread, "blocked", body=f"{PHONE} {number}")
    assert calm.strikes(eve) == []


def test_a_person_takes_a_strike_back_and_the_mute_with_it(world: World) -> None:
    """An appeal that is overturned voids what the text weighed; one that is upheld weighs no more than before."""
    chat = Reviewed(world, {"mute": {"at": 6}, "evasion": {"weight": 0}})
    ann, _, thread = chat.talk()
    chat.judged(ann, thread, "blocked", body="first")
    message = chat.judged(ann, thread, "blocked", kinds=["threat"])
    assert len(chat.mutes(ann)) == 1
    chat.call(ann, "appeal_moderation", message_id=message, text="It is a quote.")
    chat.reviewed(message, "approved")
    assert chat.trust(ann)["score"] == 2
    assert [(row["weight"], row["voided_by"]) for row in chat.strikes(ann)] == [
        (2, None), (6, f"user:{chat.tenant.people['agent']}")]  # fmt: skip
    mute = chat.mutes(ann)[0]
    assert (mute["end_reason"], mute["ended_by"]) == ("strikes_withdrawn", "rules")
    chat.say(ann, thread, "Thank you")
    held = chat.judged(ann, thread, "blocked", body="again")
    chat.call(ann, "appeal_moderation", message_id=held, text="Not this one")
    chat.reviewed(held, "blocked")
    assert chat.trust(ann)["score"] == 4
    softer = chat.judged(ann, thread, "blocked", body=PHONE + "?")
    chat.call(ann, "appeal_moderation", message_id=softer, text="Mask it at least")
    chat.reviewed(softer, "filtered")
    assert (chat.trust(ann)["score"], chat.trust(ann)["muted_until"]) == (5, None)
    chat.sound()


def test_the_same_text_to_many(world: World) -> None:
    """One strike for a long text sent to as many conversations as the policy says, one in its window."""
    chat = Reviewed(world, {"duplicates": {"threads": 3, "minutes": 10}, "mute": {"at": 100}})
    ann = chat.person("Ann")
    for number, thread in enumerate(chat.threads(ann, 4)):
        chat.judged(ann, thread, "approved", body="ok", kinds=[])
        chat.judged(ann, thread, "approved", body="The best windows in town, call today", kinds=[])
        assert len(chat.strikes(ann)) == (number >= 2)
    assert chat.strikes(ann)[0] | {"weight": None} == {"reason": "duplicates", "kind": None, "weight": None,
                                                       "voided_by": None}  # fmt: skip


def test_a_new_account_that_writes_to_everybody(world: World) -> None:
    """Conversations it began count, answers do not, and who has been there for longer may."""
    chat = Reviewed(world, {"first_contacts": {"threads": 3, "hours": 24}})
    ann, old, asked = chat.person("Ann"), chat.person("Old"), chat.person("Asked")
    world.owner.execute(
        "update public.contacts set created_at = now() - interval '2 days' where id = %s", [old.contact]
    )
    chat.threads(ann, 3)
    chat.threads(old, 3)
    for number in range(3):
        other = chat.person(f"Q{number}")
        chat.share(other, asked)
        thread = chat.start(other, asked, body="Are you free?")
        chat.judge(thread["message_id"])
        chat.judged(asked, thread["thread_id"], "approved", body=f"Yes, on day {number}", kinds=[])
    assert [[row["reason"] for row in chat.strikes(one)] for one in (ann, old, asked)] == [["first_contacts"], [], []]


def test_contact_details_in_many_conversations(world: World) -> None:
    """Harvesting is one strike in its window, whatever the value; tried again and again in one is evasion."""
    chat = Reviewed(world, {"harvesting": {"threads": 3}, "evasion": {"attempts": 3}, "mute": {"at": 100}})
    ann = chat.person("Ann")
    threads = chat.threads(ann, 4)
    for number, thread in enumerate(threads):
        chat.judged(ann, thread, "filtered", body=f"{PHONE} {number}", filtered_content="[masked]")
    assert [row["reason"] for row in chat.strikes(ann)].count("harvesting") == 1
    for number in range(3):
        chat.judged(ann, threads[0], "filtered", body=f"5 1 0, then {number}", filtered_content="[masked]")
    assert [row["reason"] for row in chat.strikes(ann)].count("evasion") == 1
    assert {one["reason"] for one in chat.trust(ann)["reasons"]} == {"filtered", "harvesting", "evasion"}


def test_a_mute_is_appealed_and_answered(world: World) -> None:
    """Once; an admin keeps or lifts it and says why; what he lifts is forgiven."""
    chat = Reviewed(world, {"mute": {"at": 2}})
    ann, bob, thread = chat.talk()
    chat.judged(ann, thread, "blocked")
    mute = chat.mutes(ann)[0]["id"]
    admin, agent = chat.tenant.people["admin"], chat.tenant.people["agent"]
    with refused("PT409", code="no_appeal"):
        world.rpc(admin, chat.tenant, "keep_mute(%s, 'as it was')", mute)
    assert chat.call(ann, "appeal_mute", text="It was one number")["mute"]["may_appeal"] is False
    with refused("PT409", code="appealed"):
        chat.call(ann, "appeal_mute", text="Please please")
    with refused("PT409", code="not_muted"):
        chat.call(bob, "appeal_mute", text="Me, too")
    with refused("PT403", code="forbidden"):
        world.rpc(agent, chat.tenant, "lift_mute(%s, 'fine by me')", mute)
    with refused("PT422", code="reason_missing"):
        world.rpc(admin, chat.tenant, "lift_mute(%s, 'x')", mute)
    stranger = world.tenant()
    for call in ("lift_mute(%s, 'fine by me')", "keep_mute(%s, 'as it was')"):
        assert world.rpc(stranger.people["owner"], stranger, call, mute)["code"] == "not_found"
    kept = world.rpc(admin, chat.tenant, "keep_mute(%s, 'It was the third.')", mute)
    assert (kept["muted"], kept["appeal_outcome"]) == (True, "upheld")
    assert chat.call(ann, "my_standing")["mute"]["note"] == "It was the third."
    lifted = world.rpc(admin, chat.tenant, "lift_mute(%s, 'Enough now.')", mute)
    assert (lifted["muted"], lifted["end_reason"], lifted["appeal_outcome"]) == (False, "lifted", "upheld")
    with refused("PT409", code="mute_over"):
        world.rpc(admin, chat.tenant, "lift_mute(%s, 'Enough now.')", mute)
    chat.say(ann, thread, "Thank you")
    assert chat.trust(ann)["score"] == 0
    actions = world.all("select action from public.audit_log where tenant_id = %s and object_id = %s order by at",
                        chat.tenant.id, str(ann.contact))  # fmt: skip
    assert [row["action"] for row in actions][-2:] == ["mute.kept", "mute.lifted"]


def test_trust_of_a_stranger_is_missing(world: World) -> None:
    """A contact of another tenant is nobody, and the attempt is on record."""
    chat = Reviewed(world, {})
    ann, _, _ = chat.talk()
    stranger = world.tenant()
    answer = world.rpc(stranger.people["owner"], stranger, "contact_trust(%s)", ann.contact)
    assert answer["code"] == "not_found"
    tried = world.value("select action from public.access_denials where tenant_id = %s", chat.tenant.id)
    assert tried == "contact_trust"


def test_what_speaks_against_somebody_goes_with_him(world: World) -> None:
    """Erasure takes strikes, appeal and reasons."""
    chat = Reviewed(world, {"mute": {"at": 2}})
    ann, _, thread = chat.talk()
    chat.judged(ann, thread, "blocked")
    chat.call(ann, "appeal_mute", text="It was one number")
    world.rpc(chat.tenant.people["admin"], chat.tenant, "erase_contact(%s, 'request')", ann.contact)
    (mute,) = chat.mutes(ann)
    assert (mute["appeal"], mute["reasons"], mute["end_reason"], chat.strikes(ann)) == (None, [], "erased", [])


def test_a_merged_contact_keeps_what_speaks_against_him(world: World) -> None:
    """Whoever goes on for him is muted, too."""
    chat = Reviewed(world, {"mute": {"at": 2}})
    ann, _, thread = chat.talk()
    chat.judged(ann, thread, "blocked")
    winner, _ = chat.contact("Ann again")
    world.rpc(chat.tenant.people["agent"], chat.tenant, "merge_contacts(%s, %s)", winner, ann.contact)
    assert world.rpc(chat.tenant.people["agent"], chat.tenant, "contact_trust(%s)", winner)["score"] == 2
    with refused("PT403", code="muted"):
        chat.say(ann, thread)


def test_a_line_crossed_twice_at_once_mutes_once(world: World) -> None:
    """Verdicts of many conversations commit together: every strike counts, one mute, one notification."""
    chat = Reviewed(world, {"mute": {"at": 2}, "harvesting": {"weight": 0}})
    ann = chat.person("Ann")
    waiting = [chat.sent(ann, thread) for thread in chat.threads(ann, 6)]
    verdicts = [chat.verdict(chat.inputs(message), "blocked", kinds=["phone"]) for message in waiting]

    def one(connection: Any, number: int) -> str:
        row = connection.execute("select private.record_verdict(%s, %s, %s) as r",
                                 [chat.tenant.id, waiting[number], Jsonb(verdicts[number])]).fetchone()  # fmt: skip
        return str(row["r"]["result"])

    assert world.together(6, one) == ["recorded"] * 6
    assert (len(chat.mutes(ann)), len(chat.strikes(ann))) == (1, 6)
    told = world.value("select count(*) from public.notifications where tenant_id = %s and kind = 'contact_muted'",
                       chat.tenant.id)  # fmt: skip
    assert told == 1
    chat.sound()


SAID = [
    ({}, None), (None, "trust"), ({"mute": {"at": 5}, "weights": {"phone": 0}}, None),
    ({"reviews": {"urgent_kinds": ["scam"], "minutes": 30}}, None), ([], "trust"), ("x", "trust"), (3, "trust"),
    ({"mutes": {}}, "trust.mutes"), ({"mute": 3}, "trust.mute"), ({"mute": {"at": 0}}, "trust.mute.at"),
    ({"mute": {"at": "5"}}, "trust.mute.at"), ({"mute": {"days": 5}}, "trust.mute.days"),
    ({"mute": {"hours": 1.5}}, "trust.mute.hours"), ({"weights": {"phone": -1}}, "trust.weights.phone"),
    ({"weights": {"rudeness": 1}}, "trust.weights.rudeness"), ({"half_life_days": 0}, "trust.half_life_days"),
    ({"half_life_days": None}, "trust.half_life_days"), ({"half_life_days": {}}, "trust.half_life_days"),
    ({"reviews": {"urgent_kinds": ["rudeness"]}}, "trust.reviews.urgent_kinds"),
    ({"tighten": {"share": 2}}, "trust.tighten.share"), ({"evasion": {"attempts": 1}}, "trust.evasion.attempts"),
]  # fmt: skip
"""What a policy says of trust, and the member that is refused."""


@pytest.mark.parametrize(("trust", "field"), SAID)
def test_what_a_policy_may_say_of_trust(world: World, trust: Any, field: str | None) -> None:
    """A member that does not exist or is out of bounds is refused by its name; the rest of it follows the defaults."""
    check = "select private.check_moderation_trust(%s::jsonb)"
    if field is None:
        world.owner.execute(check, [json.dumps(trust)])
        return
    with refused("PT422", code="bad_policy") as caught:
        world.owner.execute(check, [json.dumps(trust)])
    assert detail(caught[0])["field"] == field
