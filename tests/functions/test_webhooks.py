"""What holds for every webhook, whoever calls: verified over the raw bytes, kept once, nothing told to strangers."""

import uuid

import pytest

from tests.db.helpers import Tenant
from tests.functions.kit import KINDS, Caller, Edge

LIMIT = 1_048_576


def test_a_signed_call_is_kept_as_it_came(edge: Edge, caller: Caller) -> None:
    """200 after the commit; the bytes are the provider's, and work waits for them."""
    body, headers = caller.call("one")
    answer = edge.http.post(caller.path, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    (row,) = edge.rows(caller.session)
    assert bytes(row["payload"]) == body and row["processed_at"] is None and row["error"] is None
    assert edge.world.one("select session_id from private.webhook_work where webhook_id = %s", row["id"])


def test_a_repeated_call_is_answered_and_not_kept_again(edge: Edge, caller: Caller) -> None:
    """The provider hears 200 every time."""
    body, headers = caller.call("again")
    assert [edge.http.post(caller.path, content=body, headers=headers).status_code for _ in range(3)] == [200] * 3
    assert len(edge.rows(caller.session)) == 1


def test_a_bad_signature_is_refused_and_counted(edge: Edge, caller: Caller) -> None:
    """401 for another body, another signature and none at all; nothing is kept, each is counted."""
    body, headers = caller.call("bad")
    unsigned = {name: value for name, value in headers.items() if name == "content-type"}
    forged = {name: value[:-4] + ("AAAA" if not value.endswith("AAAA") else "BBBB") for name, value in headers.items() if name not in unsigned}  # fmt: skip
    tries = [(body, unsigned), (body, {**unsigned, **forged})]
    if caller.name not in ("telegram", "sparkpost"):  # those two sign nothing: their secret stands in a header
        tries.append((body.replace(b"e", b"E"), headers))
    for content, sent in tries:
        answer = edge.http.post(caller.path, content=content, headers=sent)
        assert answer.status_code == 401 and answer.headers["content-type"] == "application/problem+json"
    assert edge.rows(caller.session) == []
    assert edge.refusals(caller.session) == {"signature": len(tries)}


def test_an_account_that_is_not_there_answers_like_a_bad_signature(edge: Edge, caller: Caller, tenant: Tenant) -> None:
    """Missing, malformed, deleted, of another channel: the same status, headers and bytes."""
    body, headers = caller.call("who")
    unsigned = {"content-type": caller.type}
    known = edge.http.post(caller.path, content=body, headers=unsigned)
    other = KINDS["telegram" if caller.name != "telegram" else "sms"](edge, tenant)
    deleted = KINDS[caller.name](edge, tenant)
    edge.world.owner.execute(
        "update public.et_channel_sessions set status = 'deleted' where id = %s", [deleted.session]
    )
    for path, sent in (
        (f"/{caller.function}/{uuid.uuid4()}", headers), (f"/{caller.function}/nothing", headers),
        (f"/{caller.function}", headers), (f"/{caller.function}/{other.session}", headers),
        (deleted.path, deleted.call("x")[1]),
    ):  # fmt: skip
        answer = edge.http.post(path, content=body, headers=sent)
        assert (answer.status_code, answer.content) == (known.status_code, known.content), path
        ignored = {"date", "vary"}
        assert {k: v for k, v in answer.headers.items() if k not in ignored} == {k: v for k, v in known.headers.items() if k not in ignored}  # fmt: skip
    assert edge.rows(other.session) == edge.rows(deleted.session) == []


def test_a_signed_call_that_makes_no_sense_is_malformed(edge: Edge, caller: Caller) -> None:
    """400, nothing kept, counted: signed nonsense is a mistake of somebody who should hear of it."""
    for body in caller.nonsense:
        answer = edge.http.post(caller.path, content=body, headers=caller.headers(body))
        assert answer.status_code == 400, (body, answer.text)
    assert edge.rows(caller.session) == []
    assert edge.refusals(caller.session) == {"malformed": len(caller.nonsense)}


@pytest.mark.parametrize("told", [True, False], ids=["told", "in pieces"])
def test_a_body_that_is_too_large_is_refused(edge: Edge, caller: Caller, told: bool) -> None:
    """413, whether the length was told or the body just goes on; a body of exactly the limit is read."""
    large = b"x" * (LIMIT + 1)
    headers = {"content-type": caller.type}
    content = large if told else iter([large[: LIMIT // 2], large[LIMIT // 2 :]])
    assert edge.http.post(caller.path, content=content, headers=headers).status_code == 413
    assert edge.http.post(caller.path, content=large[:-1], headers=headers).status_code == 401
    assert edge.rows(caller.session) == []


def test_other_methods_are_not_allowed(edge: Edge, caller: Caller) -> None:
    """405 names what is."""
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
        if (method, caller.name) == ("GET", "whatsapp"):
            continue
        answer = edge.http.request(method, caller.path)
        assert answer.status_code == 405 and "POST" in answer.headers["allow"], method


def test_a_paused_account_keeps_its_calls(edge: Edge, caller: Caller) -> None:
    """Providers give up after hours; a pause of a day must not cost a message."""
    edge.world.owner.execute("update public.et_channel_sessions set status = 'paused' where id = %s", [caller.session])
    assert caller.post(edge, "paused").status_code == 200
    assert len(edge.rows(caller.session)) == 1


def test_no_secret_and_no_body_is_in_the_log(edge: Edge, caller: Caller) -> None:
    """The log names the function, the account and what happened."""
    body, headers = caller.call("logged")
    edge.http.post(caller.path, content=body, headers=headers)
    edge.http.post(caller.path, content=body, headers={"content-type": caller.type})
    log = edge.room.log_path("functions").read_text()
    assert str(caller.session) in log
    assert body.decode() not in log
    assert not any(value in log for name, value in headers.items() if name not in ("content-type", "svix-timestamp") and len(value) > 12)  # fmt: skip
