"""The SMS adapter against a Messages API on loopback: how each ending of a call becomes an outcome."""

from typing import Any

import msgspec
import pytest

from app.channels.sms.segments import segments
from app.channels.sms.twilio import CAPABILITIES, TwilioAdapter, create_adapter
from app.domain.channels import ChecksHealth, OutgoingFile, ReadsWebhooks
from app.settings import load
from tests.channels import promises
from tests.channels.sms.conftest import SESSION


async def test_an_accepted_message_reports_its_sid_and_where_to_call_back(place: Any, mark: Any) -> None:
    """One call, marked once just before; the callback's address names the account and our row."""
    outcome = await place.adapter.send(place.dispatch("Grüße & mehr: 5 € 👋"), mark)
    assert (outcome.kind, mark.calls) == ("accepted", 1)
    (sent,) = place.provider.deliveries
    assert (sent["sid"], sent["to"], sent["body"]) == (
        outcome.provider_message_id,
        place.person,
        "Grüße & mehr: 5 € 👋",
    )
    queue_id = place.dispatch().queue_id
    assert sent["callback"] == f"https://parley.example.com/functions/v1/sms-webhook/{SESSION}?q={queue_id}"
    assert place.provider.calls == {"messages": 1}


async def test_without_a_public_address_nobody_is_told_to_call(place: Any, mark: Any) -> None:
    """The message goes out all the same."""
    adapter = place.make_adapter(public_url="")
    assert (await adapter.send(place.dispatch(), mark)).kind == "accepted"
    await adapter.close()
    assert place.provider.deliveries[0]["callback"] == ""


async def test_a_pool_sends_in_the_place_of_the_number(place: Any, mark: Any) -> None:
    """A messaging service chooses the number; one that is not there is the admin's to mend."""
    place.account.pool = "MG" + "b2" * 16
    config = place.session.config | {"messaging_service_sid": place.account.pool}
    dispatch = place.dispatch(session_config=config, session_address="+15550000000")
    assert (await place.adapter.send(dispatch, mark)).kind == "accepted"
    outcome = await place.adapter.send(place.dispatch(session_address="+15550000000"), mark)
    assert (outcome.kind, outcome.error_code) == ("retry", "auth")


def test_what_it_declares_is_what_twilio_allows() -> None:
    """Class N, 1600 characters; files only where Twilio can fetch them; the registry finds it."""
    adapter = create_adapter(load({}))
    assert adapter.capabilities == CAPABILITIES
    reached = create_adapter(load({"PARLEY_PUBLIC_URL": "https://parley.example.com"})).capabilities
    assert (reached.max_attachments, reached.max_attachment_bytes, reached.fetches_files) == (10, 5 * 1024 * 1024, True)
    assert (CAPABILITIES.delivery_class, CAPABILITIES.max_body_chars, CAPABILITIES.max_attachment_bytes) == (
        "N",
        1600,
        0,
    )
    assert isinstance(adapter, ReadsWebhooks) and isinstance(adapter, ChecksHealth)


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("", "gsm7", 1), ("a" * 160, "gsm7", 1), ("a" * 161, "gsm7", 2), ("a" * 306, "gsm7", 2), ("a" * 307, "gsm7", 3),
        ("€" * 80, "gsm7", 1), ("€" * 81, "gsm7", 2), ("a" * 152 + "€" + "a" * 152, "gsm7", 3), ("Ä" * 160, "gsm7", 1),
        ("ç" * 70, "ucs2", 1), ("ç" * 71, "ucs2", 2), ("👋" * 35, "ucs2", 1), ("👋" * 36, "ucs2", 2),
        ("a" * 66 + "👋" + "a" * 66, "ucs2", 3), ("a" * 1600, "gsm7", 11),
    ],
)  # fmt: skip
def test_segments_are_counted_as_carriers_do(text: str, encoding: str, count: int) -> None:
    """160 or 70 alone, 153 or 67 in a chain; the euro takes two places, an emoji is never torn."""
    assert (segments(text).encoding, segments(text).count) == (encoding, count)


async def test_what_does_not_fit_is_refused_before_the_call(place: Any, mark: Any) -> None:
    """A file nobody can fetch, nothing at all, too many files, too much text, more segments than the account wants to pay for."""
    file = OutgoingFile(id="f", filename="a.png", content_type="image/png", size_bytes=1, data=b"x")
    dear = place.session.config | {"max_segments": 2}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"attachments": (file,)}, "no_files"), ({"body": " \n"}, "empty"),
        ({"attachments": (msgspec.structs.replace(file, url="https://a.test/m"),) * 11}, "too_many_files"),
        ({"body": "a" * 1601}, "too_long"),
        ({"body": "ç" * 135, "session_config": dear}, "too_long"),
    ]  # fmt: skip
    for members, code in cases:
        outcome = await place.adapter.send(place.dispatch(**members), mark)
        assert (outcome.kind, outcome.error_code) == ("rejected", code), members
    assert (mark.calls, place.provider.calls) == (0, {})
    assert (await place.adapter.send(place.dispatch("ç" * 134, session_config=dear), mark)).kind == "accepted"


@pytest.mark.parametrize("body", ["Look", ""])
async def test_files_are_named_by_address(place: Any, mark: Any, body: str) -> None:
    """Each by its own, in order, with or without a text beside them; Twilio is given no bytes."""
    files = tuple(OutgoingFile(id="f", filename="a.png", content_type="image/png", size_bytes=1, data=b"x",
                               url=f"https://parley.example.com/functions/v1/media/{n}") for n in range(3))  # fmt: skip
    outcome = await place.adapter.send(place.dispatch(body, attachments=files), mark)
    assert (outcome.kind, mark.calls, place.provider.calls) == ("accepted", 1, {"messages": 1})
    (sent,) = place.provider.deliveries
    assert (sent["body"], sent["media"]) == (body, [file.url for file in files])


async def test_who_said_stop_is_left_alone_in_his_own_name(place: Any, mark: Any) -> None:
    """21610 is not a bounce: the person does not want it."""
    place.account.stopped.add(place.person)
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code) == ("rejected", "21610")
    assert (outcome.opted_out, outcome.suppress_recipient) == (True, False)


@pytest.mark.parametrize(("recipient", "code"), [("+1", "21211"), ("+16505550000", "21614")])
async def test_a_number_that_takes_no_sms_is_suppressed(place: Any, mark: Any, recipient: str, code: str) -> None:
    """No such number, or a landline."""
    place.account.landlines.add("+16505550000")
    outcome = await place.adapter.send(place.dispatch(recipient=recipient), mark)
    assert (outcome.kind, outcome.error_code, outcome.suppress_recipient) == ("rejected", code, True)


@pytest.mark.parametrize(
    ("code", "kind", "error_code"),
    [
        (20429, "retry", "429"), (14107, "retry", "429"), (30001, "retry", "429"), (20003, "retry", "auth"),
        (21606, "retry", "auth"), (21408, "retry", "auth"), (30002, "retry", "auth"), (21602, "rejected", "21602"),
        (30007, "rejected", "30007"), (21617, "rejected", "21617"),
    ],
)  # fmt: skip
async def test_codes_of_twilio_count_before_the_status(
    place: Any, mark: Any, code: int, kind: str, error_code: str
) -> None:
    """Later, the admin's to mend, or no for good."""
    place.provider.faults.order("status", status=code, times=1)
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code) == (kind, error_code)
    assert str(code) in (outcome.error or "")


async def test_a_limit_is_waited_out_as_long_as_it_says(place: Any, mark: Any) -> None:
    """429 with Retry-After makes the whole account wait."""
    place.provider.faults.order("limit", calls="messages", times=1, seconds=7)
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code, outcome.retry_after_s) == ("retry", "429", 7.0)


@pytest.mark.parametrize(("fault", "delivered"), promises.UNCLEAR)
async def test_a_call_whose_end_nobody_knows_is_unknown(place: Any, mark: Any, fault: Any, delivered: int) -> None:
    """Lost, late, senseless answers and server errors: the message may be there or not, so it is never sent again."""
    place.provider.faults.order_all(fault)
    adapter = place.make_adapter(answer_s=promises.answer_s(fault))
    outcome = await adapter.send(place.dispatch(), mark)
    await adapter.close()
    assert (outcome.kind, outcome.error_code, mark.calls) == ("unknown", "no_answer", 1)
    assert len(place.provider.deliveries) == delivered


async def test_credentials_twilio_does_not_know_are_tried_again_later(place: Any, mark: Any) -> None:
    """401 and what cannot be credentials are `auth`: nothing was sent, and a new secret mends it."""
    place.account.token = "another"
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code, outcome.retry_after_s) == ("retry", "auth", 300.0)
    for members in ({"secrets": {}}, {"secrets": {"auth_token": "Ä"}}, {"session_config": {}},
                    {"session_config": {"account_sid": "AC/../../x"}}):  # fmt: skip
        before = mark.calls
        outcome = await place.adapter.send(place.dispatch(**members), mark)
        assert (outcome.kind, outcome.error_code, mark.calls) == ("retry", "auth", before)


async def test_nobody_listening_is_a_retry(place: Any) -> None:
    """Without a connection not a byte has left."""
    await promises.nobody_listens(
        lambda url: TwilioAdapter(url, public_url="", max_attachment_bytes=1), place.dispatch()
    )


async def test_a_lost_lease_stops_before_the_call(place: Any) -> None:
    """What `before_send` raises comes back, and nothing is sent."""
    await promises.a_lost_lease_stops(place)


async def test_health_is_what_twilio_says_of_the_account(place: Any) -> None:
    """Active; suspended, a refused token and none at all are disconnected; trouble is degraded."""
    assert (await place.adapter.check(place.session)).status == "connected"
    place.provider.faults.order("status", calls="account", times=1)
    assert (await place.adapter.check(place.session)).status == "degraded"
    place.account.status = "suspended"
    assert (await place.adapter.check(place.session)).reason == "the account is suspended"
    assert (await place.adapter.check(msgspec.structs.replace(place.session, config={}))).status == "disconnected"
    place.account.token = "another"
    assert (await place.adapter.check(place.session)).status == "disconnected"


async def test_a_number_of_the_accounts_proves_its_address(place: Any) -> None:
    """Twilio lists it, and calls this account, whatever stands behind the path."""
    for behind in ("", "?from=us", "#rc=3"):
        place.account.webhook = place.account.webhook.partition("?")[0] + behind
        health = await place.adapter.check(place.session)
        assert (health.status, health.proves_address) == ("connected", True), behind
    assert place.provider.calls["numbers"] == 3


async def test_a_number_twilio_does_not_list_is_disconnected(place: Any) -> None:
    """A stranger's, or one that is only part of a number of the account's; also where Twilio says so by 20404."""
    for address in ("+15550000000", "+1555078388"):
        health = await place.adapter.check(msgspec.structs.replace(place.session, address=address))
        reason = f"{address} is not a number of this account at Twilio"
        assert (health.status, health.reason, health.proves_address) == ("disconnected", reason, False)
    place.provider.faults.order("status", calls="numbers", times=1, status=20404)
    assert (await place.adapter.check(place.session)).status == "disconnected"


@pytest.mark.parametrize(
    ("webhook", "reason"),
    [
        ("https://me:pw@demo.twilio.com/welcome/sms/reply?key=1", "Twilio calls demo.twilio.com/welcome/sms/reply instead of this account"),
        (f"https://p.example/functions/v1/sms-webhook/{SESSION[:-1]}d", f"Twilio calls p.example/functions/v1/sms-webhook/{SESSION[:-1]}d instead of this account"),
        (f"https://p.example/?to=/functions/v1/sms-webhook/{SESSION}", "Twilio calls p.example/ instead of this account"),
        ("http://[", "Twilio calls [ instead of this account"),
        ("", "nobody is called"),
    ],
)  # fmt: skip
async def test_a_number_that_tells_somebody_else_is_disconnected(place: Any, webhook: str, reason: str) -> None:
    """The reason says whom Twilio calls, without what may be secret in the address."""
    place.account.webhook = webhook
    health = await place.adapter.check(place.session)
    expected = ("disconnected", f"{reason} when {place.desk} gets a message")
    assert (health.status, health.reason) == expected and not health.proves_address


async def test_what_stands_before_a_number_is_not_judged(place: Any) -> None:
    """An application or a messaging service decides whom a message reaches; with a service the number need not be one
    of the account's."""
    place.account.webhook, place.account.application = "", "AP" + "c3" * 16
    health = await place.adapter.check(place.session)
    assert (health.status, health.proves_address) == ("connected", True)
    place.account.application = ""
    pooled = msgspec.structs.replace(
        place.session, config=place.session.config | {"messaging_service_sid": "MG" + "b2" * 16}
    )
    for address, proven in ((place.desk, True), ("+15550000000", False)):
        health = await place.adapter.check(msgspec.structs.replace(pooled, address=address))
        assert (health.status, health.proves_address) == ("connected", proven), address


@pytest.mark.parametrize(
    "fault",
    [{"kind": "status"}, {"kind": "limit"}, {"kind": "html", "status": 404}, {"kind": "status", "status": 401},
     {"kind": "lost"}, {"kind": "garbage"}],
)  # fmt: skip
async def test_a_list_twilio_does_not_give_changes_nothing(place: Any, fault: dict[str, Any]) -> None:
    """The account is active: trouble with the list is no reason to call it disconnected, and proves nothing."""
    place.provider.faults.order_all(fault | {"calls": "numbers"})
    health = await place.adapter.check(place.session)
    assert (health.status, health.proves_address) == ("connected", False)


@pytest.mark.parametrize("address", ["ACME", "72645"])
async def test_a_name_or_short_code_is_not_looked_up(place: Any, address: str) -> None:
    """Twilio's list has neither."""
    health = await place.adapter.check(msgspec.structs.replace(place.session, address=address))
    assert (health.status, health.proves_address) == ("connected", False)
    assert "numbers" not in place.provider.calls
