"""What waits for a person: who reads it, who decides, and that it is decided once, on the text that was read."""

import json
import uuid
from typing import Any

import pytest

from tests.db.helpers import Row, World, detail, refused
from tests.db.moderation.reviewing_kit import PHONE, WHY, Reviewed


def test_a_held_message_is_claimed_read_and_released(world: World) -> None:
    """One review is opened, the staff told; the text is read by the claim alone, on record; then its readers see it."""
    chat = Reviewed(world)
    ann, bob, thread = chat.talk()
    message = chat.judged(ann, thread)
    review = chat.review(message)
    assert (review["origin"], review["lane"], review["kinds"], review["urgent"]) == (
        "verdict",
        "people",
        ["phone"],
        False,
    )
    assert "5105550123" not in str({**review, "digest": None})
    assert review["due_at"] - review["opened_at"] > world.value("select interval '3 h 59 min'")
    told = world.all("select kind, thread_id from public.notifications where tenant_id = %s", chat.tenant.id)
    assert told == [{"kind": "review_opened", "thread_id": None}]
    claimed = chat.claim_review(message)
    assert (claimed["body"], claimed["decision"], claimed["decider"]) == (PHONE, "review", "rules")
    assert claimed["threats"][0]["span"] == [5, 15]
    looks = world.all("select actor, details from public.audit_log where tenant_id = %s and action = 'review.read'",
                      chat.tenant.id)  # fmt: skip
    assert [row["actor"] for row in looks] == [f"user:{chat.tenant.people['agent']}"]
    assert looks[0]["details"]["reason"] == WHY
    answer = chat.decide_review(claimed, "approved")
    assert (answer["status"], answer["moderation_status"], answer["outcome"]) == ("decided", "approved", None)
    assert PHONE in chat.bodies(bob, thread)
    done = chat.review(message, "decided")
    assert done["decided_by"] == looks[0]["actor"] and done["first_claimed_at"] <= done["decided_at"]
    assert done["decision_verdict_id"] == world.value("select id from private.newest_verdict(%s, %s)", chat.tenant.id,
                                                      message)  # fmt: skip
    chat.sound()


def test_the_sender_is_told_and_the_note_is_for_the_staff(world: World) -> None:
    """A comment with the reason beside his message, a hint to his devices, and no word of the note."""
    chat = Reviewed(world)
    ann, bob, thread = chat.talk()
    message = chat.judged(ann, thread)
    chat.reviewed(message, "blocked", reason="Please no numbers yet.", note="third time")
    with world.acting(ann.user) as connection:
        seen = connection.execute("select visibility, comment from public.agent_comments where message_id = %s",
                                  [message]).fetchall()  # fmt: skip
    assert [row["visibility"] for row in seen] == ["sender"] and "Please no numbers yet." in seen[0]["comment"]
    staff = world.all(
        "select comment from public.agent_comments where message_id = %s and visibility = 'staff'", message
    )
    assert [row["comment"] for row in staff] == ["third time"]
    with world.acting(bob.user) as connection:
        assert (
            connection.execute("select 1 from public.agent_comments where message_id = %s", [message]).fetchall() == []
        )
    hint = world.one("select topic, payload from realtime.messages where event = 'moderation.decided'"
                     " and payload ->> 'message_id' = %s", str(message))  # fmt: skip
    assert hint["topic"] == f"user:{ann.user}" and "number" not in json.dumps(hint["payload"])


def test_a_filter_takes_out_what_was_found_or_what_the_reviewer_marked(world: World) -> None:
    """Nothing else of the text is touched; a mask that takes out nothing is refused."""
    chat = Reviewed(world)
    ann, bob, thread = chat.talk()
    first, second, third = (
        chat.judged(ann, thread, body=body) for body in (PHONE, PHONE + "!", "Ünïcödé ☎ at my place")
    )
    chat.reviewed(first, "filtered")
    chat.reviewed(second, "filtered", spans=[{"kind": "phone", "span": [0, 8]}, {"kind": "phone", "span": [5, 15]},
                                             {"kind": "x", "span": [19, 99]}])  # fmt: skip
    assert chat.bodies(bob, thread)[1:] == ["Call [phone removed] now", "[phone removed] now[removed]"]
    claimed = chat.claim_review(third)
    for spans in ([], [{"kind": "phone"}], [{"kind": "phone", "span": ["a", 2]}], [{"kind": "phone", "span": [3, 3]}],
                  [{"kind": "phone", "span": [90, 99]}], [{"kind": "phone", "span": [-3, 2]}]):  # fmt: skip
        with refused("PT422", code="nothing_to_mask"):
            chat.decide_review(claimed, "filtered", spans=spans)
    chat.decide_review(claimed, "filtered", spans=[{"kind": "address", "span": [8, 22]}])
    assert chat.bodies(bob, thread)[-1] == "Ünïcödé [address removed]"
    chat.sound()


def test_a_colleague_is_told_who_has_it(world: World) -> None:
    """409 with his name and until when; whoever has it renews it; a lease that is over is anybody's."""
    chat = Reviewed(world)
    ann, _, thread = chat.talk()
    message = chat.judged(ann, thread)
    other = chat.staff()
    world.owner.execute("update public.tenant_members set display_name = 'Rob' where user_id = %s",
                        [chat.tenant.people["agent"]])  # fmt: skip
    first = chat.claim_review(message)
    assert chat.claim_review(message)["claim_until"] > first["claim_until"]
    with refused("PT409", code="review_claimed") as caught:
        chat.claim_review(message, other)
    assert detail(caught[0])["name"] == "Rob" and detail(caught[0])["claim_until"]
    with refused("PT409", code="review_claimed"):
        chat.decide_review(first, "approved", other)
    world.owner.execute("update public.moderation_reviews set claim_until = clock_timestamp() where message_id = %s",
                        [message])  # fmt: skip
    with refused("PT409", code="review_not_claimed"):
        chat.decide_review(first, "approved", other)
    chat.claim_review(message, other)
    with refused("PT409", code="review_claimed"):
        chat.decide_review(first, "approved")
    with refused("PT409", code="review_claimed"):
        world.rpc(chat.tenant.people["agent"], chat.tenant, "release_review(%s)", first["review_id"])
    world.rpc(chat.tenant.people["admin"], chat.tenant, "release_review(%s)", first["review_id"])
    assert chat.claim_review(message)["body"] == PHONE


def test_nobody_decides_on_another_text_than_he_read(world: World) -> None:
    """An edit ends the review and begins another; the digest says which text was read."""
    chat = Reviewed(world)
    ann, _, thread = chat.talk()
    message = chat.judged(ann, thread)
    claimed = chat.claim_review(message)
    with refused("PT409", code="review_stale"):
        chat.decide_review(claimed, "approved", digest="0" * 64)
    chat.call(ann, "edit_own_message", message_id=message, body="Something much worse")
    with refused("PT409", code="review_closed"):
        chat.decide_review(claimed, "approved")
    assert chat.review(message, "superseded")["id"] == uuid.UUID(claimed["review_id"])
    chat.judge(message, "review", kinds=["threat"])
    review = chat.review(message)
    assert review["urgent"] and str(review["id"]) != claimed["review_id"]
    chat.sound()


def test_what_may_be_about_life_is_due_in_minutes(world: World) -> None:
    """Urgent ones ring at once, each; late ones are flagged once and the staff is told."""
    chat = Reviewed(world)
    ann, _, thread = chat.talk()
    urgent = chat.judged(ann, thread, kinds=["self_harm"])
    chat.judged(ann, thread, kinds=["threat"])
    plain = chat.judged(ann, thread)
    review = chat.review(urgent)
    assert (review["due_at"] - review["opened_at"]).total_seconds() == pytest.approx(900, abs=60)
    world.owner.execute("update public.moderation_reviews set due_at = clock_timestamp() - interval '1 s'"
                        " where message_id = any(%s)", [[urgent, plain]])  # fmt: skip
    sweep = "select private.note_overdue_reviews() as n"
    world.worker.execute(sweep)
    assert world.worker.execute(sweep).fetchone() == {"n": 0}
    assert chat.review(urgent)["overdue_at"] is not None
    kinds = world.all(
        "select kind, title from public.notifications where tenant_id = %s order by created_at", chat.tenant.id
    )
    assert [row["kind"] for row in kinds] == ["review_urgent", "review_urgent", "review_opened", "review_overdue"]
    assert kinds[-1]["title"].startswith("2 messages")


def test_an_appeal_is_read_once_a_text_and_its_outcome_is_on_record(world: World) -> None:
    """A stopped message is shown after all; a second appeal of the same text is refused, of another not."""
    chat = Reviewed(world)
    ann, bob, thread = chat.talk()
    message = chat.judged(ann, thread, "blocked")
    answer = chat.call(ann, "appeal_moderation", message_id=message, text="It is my workshop.")
    assert (answer["may_appeal"], answer["status"]) == (False, "open")
    own = chat.call(ann, "my_message_moderation", message_id=message)
    assert (own["moderation_status"], own["appeal"]["status"]) == ("blocked", "open")
    review = chat.review(message)
    assert (review["origin"], review["appeal"], review["kinds"]) == ("appeal", "It is my workshop.", ["phone"])
    assert chat.claim_review(message)["body"] == PHONE
    with refused("PT409", code="appealed"):
        chat.call(ann, "appeal_moderation", message_id=message, text="Please look again")
    assert chat.reviewed(message, "approved")["outcome"] == "overturned"
    assert chat.call(ann, "my_message_moderation", message_id=message)["appeal"]["outcome"] == "overturned"
    assert PHONE in chat.bodies(bob, thread)
    with refused("PT409", code="nothing_to_appeal"):
        chat.call(ann, "appeal_moderation", message_id=message, text="Please look again")
    upheld = chat.judged(ann, thread, "blocked", body="Another one")
    chat.call(ann, "appeal_moderation", message_id=upheld, text="Why on earth?")
    assert chat.reviewed(upheld, "blocked")["outcome"] == "upheld"
    with refused("PT409", code="appealed"):
        chat.call(ann, "appeal_moderation", message_id=upheld, text="Why on earth?")
    chat.sound()


def test_who_may_appeal(world: World) -> None:
    """Its sender alone; to anybody else a stopped message is missing; what is gone is not appealed."""
    chat = Reviewed(world)
    ann, bob, thread = chat.talk()
    message = chat.judged(ann, thread, "blocked")
    other = chat.person("Eve")
    for stranger in (bob, other, chat.tenant.people["owner"], world.tenant().people["owner"]):
        assert chat.call(stranger, "appeal_moderation", message_id=message, text="Let me see")["code"] == "not_found"
    with refused("PT422", code="bad_length"):
        chat.call(ann, "appeal_moderation", message_id=message, text="no")
    chat.call(ann, "delete_own_message", message_id=message)
    with refused("PT409", code="erased"):
        chat.call(ann, "appeal_moderation", message_id=message, text="Let me see")


def test_who_may_review(world: World) -> None:
    """Viewers may not, reasons are asked for, nobody reviews himself, and a stranger finds nothing, on record."""
    chat = Reviewed(world)
    ann, _, thread = chat.talk()
    message = chat.judged(ann, thread)
    with refused("PT403", code="forbidden"):
        chat.claim_review(message, chat.staff("viewer"))
    with refused("PT422", code="reason_missing"):
        chat.claim_review(message, reason="x")
    claimed = chat.claim_review(message)
    for wrong, code in (({"decision": "review"}, "bad_value"), ({"decision": "approved", "reason": " "}, "reason_missing"),
                        ({"decision": "approved", "note": "n" * 1001}, "bad_length")):  # fmt: skip
        with refused("PT422", code=code):
            chat.decide_review(claimed, **{"decision": "approved", **wrong})
    stranger = world.tenant()
    for call in ("claim_review(%s, 'let me see')", "release_review(%s)",
                 "decide_review(%s, 'x', 'approved', 'let it go')"):  # fmt: skip
        answer = world.rpc(stranger.people["owner"], stranger, call, claimed["review_id"])
        assert answer["code"] == "not_found"
    tried = world.all("select action from public.access_denials where tenant_id = %s order by at", chat.tenant.id)
    assert [row["action"] for row in tried] == ["claim_review", "release_review", "decide_review"]


@pytest.mark.parametrize("decision", ["approved", "filtered", "blocked"])
def test_what_was_taken_back_is_still_decided(world: World, decision: str) -> None:
    """A threat that its sender deletes while it is held is read all the same, and comes back to nobody."""
    chat = Reviewed(world, {})
    ann, bob, thread = chat.talk()
    message = chat.judged(ann, thread, kinds=["threat"])
    chat.call(ann, "delete_own_message", message_id=message)
    claimed = chat.claim_review(message)
    assert claimed["body"] == PHONE
    assert chat.decide_review(claimed, decision)["moderation_status"] == decision
    assert PHONE not in str(chat.page(bob, thread)) and [row["reason"] for row in chat.strikes(ann)] == (
        [] if decision == "approved" else [decision]
    )
    chat.sound()


def test_what_is_erased_is_nobodys_business(world: World) -> None:
    """Its review ends, and what its sender said to it is gone."""
    chat = Reviewed(world)
    ann, _, thread = chat.talk()
    message = chat.judged(ann, thread, "blocked")
    chat.call(ann, "appeal_moderation", message_id=message, text="It is my workshop.")
    world.rpc(chat.tenant.people["admin"], chat.tenant, "erase_contact(%s, 'request')", ann.contact)
    assert chat.review(message, "withdrawn")["appeal"] is None


def test_two_reviewers_at_once(world: World) -> None:
    """One of many has it; of many decisions of one person one counts, and the message is told once."""
    chat = Reviewed(world)
    ann, _, thread = chat.talk()
    message = chat.judged(ann, thread)
    people = [chat.staff() for _ in range(4)]
    review = chat.review(message)

    def act(call: str, users: list[uuid.UUID]) -> Any:
        def one(connection: Any, number: int) -> str:
            claims = {
                "sub": str(users[number]),
                "role": "authenticated",
                "app_metadata": {"tenant_id": str(chat.tenant.id)},
            }
            try:
                with connection.transaction():
                    connection.execute("select private.enter_request(%s, false)", [json.dumps(claims)])
                    connection.execute(call)
            except Exception as error:
                return str(getattr(error, "sqlstate", error))
            return "done"

        return one

    said = world.together(4, act(f"select public.claim_review('{review['id']}', 'at once')", people), role="parley_api")
    assert sorted(said) == ["PT409", "PT409", "PT409", "done"]
    winner = people[said.index("done")]
    digest = bytes(review["digest"]).hex()
    decide = f"select public.decide_review('{review['id']}', '{digest}', 'approved', 'fine by me')"
    said = world.together(4, act(decide, [winner] * 4), role="parley_api")
    assert sorted(said) == ["PT409", "PT409", "PT409", "done"]
    persons = world.value("select count(*) from public.moderation_verdicts where message_id = %s and decider = 'person'",
                          message)  # fmt: skip
    assert persons == 1
    chat.sound()


def test_an_appeal_while_somebody_decides(world: World) -> None:
    """Whoever comes first: one open review at the most, no deadlock, and what was decided stands."""
    chat = Reviewed(world)
    ann, _, thread = chat.talk()
    for number in range(4):
        message = chat.judged(ann, thread, body=f"{PHONE} {number}")
        claimed = chat.claim_review(message)

        def one(connection: Any, number: int, message: Any = message, claimed: Row = claimed) -> str:
            who = ann.user if number % 2 else chat.tenant.people["agent"]
            active = {} if number % 2 else {"app_metadata": {"tenant_id": str(chat.tenant.id)}}
            call = (
                f"select public.appeal_moderation('{message}', 'It is my workshop.')" if number % 2 else
                f"select public.decide_review('{claimed['review_id']}', '{claimed['digest']}', 'blocked', 'not yet')"
            )  # fmt: skip
            try:
                with connection.transaction():
                    claims = json.dumps({"sub": str(who), "role": "authenticated", **active})
                    connection.execute("select private.enter_request(%s, false)", [claims])
                    connection.execute(call)
            except Exception as error:
                return str(getattr(error, "sqlstate", error))
            return "done"

        said = world.together(2, one, role="parley_api")
        assert said[0] == "done" and said[1] in ("done", "PT409"), said
        rows = world.all(
            "select status, origin from public.moderation_reviews where message_id = %s order by opened_at", message
        )
        assert rows[0] == {"status": "decided", "origin": "verdict"}
        assert rows[1:] == ([{"status": "open", "origin": "appeal"}] if said[1] == "done" else [])
    chat.sound()
