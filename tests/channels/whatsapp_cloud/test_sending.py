"""The WhatsApp adapter against a Cloud API on loopback: how each ending of a call becomes an outcome."""

from typing import Any

import msgspec
import pytest

from app.channels.whatsapp.cloud import CAPABILITIES, CloudAdapter, create_adapter
from app.domain.channels import ChecksHealth, ReadsWebhooks, Template, webhook_path
from app.settings import load
from devstack.providers.whatsapp.numbers import GraphError
from tests.channels import promises
from tests.channels.dispatches import file

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 200


async def test_an_accepted_message_reports_its_id_and_carries_ours(place: Any, mark: Any) -> None:
    """One call, marked once just before; statuses will repeat our queue id."""
    outcome = await place.adapter.send(place.dispatch("Good day, Ann!", in_reply_to=place.first["id"]), mark)
    assert (outcome.kind, mark.calls) == ("accepted", 1)
    (sent,) = place.provider.deliveries
    assert outcome.provider_message_id == sent["id"]
    message = sent["message"]
    assert message["text"] == {"body": "Good day, Ann!", "preview_url": False}
    assert message["biz_opaque_callback_data"] == place.dispatch().queue_id
    assert message["context"] == {"message_id": place.first["id"]}
    assert (sent["to"], place.provider.calls) == (place.person, {"messages": 1})


async def test_only_an_answer_quotes(place: Any, mark: Any) -> None:
    """A follow-up weeks later does not quote the last thing somebody said."""
    await place.adapter.send(place.dispatch(in_reply_to=place.first["id"], purpose="follow_up"), mark)
    assert "context" not in place.delivered[0]


def test_what_it_declares_is_what_whatsapp_allows() -> None:
    """Class N, 4096 characters, a window of a day; the registry finds it."""
    adapter = create_adapter(load({}))
    assert adapter.capabilities == CAPABILITIES
    assert (CAPABILITIES.delivery_class, CAPABILITIES.max_body_chars, CAPABILITIES.window_hours) == ("N", 4096, 24)
    assert isinstance(adapter, ReadsWebhooks) and isinstance(adapter, ChecksHealth)


@pytest.mark.parametrize("variables", [["Tuesday", "nine"], {"day": "Tuesday", "hour": "nine"}])
async def test_a_template_goes_out_as_one(place: Any, mark: Any, variables: Any) -> None:
    """Name, language and variables; the window does not matter, the body is not sent."""
    place.number.wrote.clear()
    text = "See you on {{day}} at {{hour}}" if isinstance(variables, dict) else "See you on {{1}} at {{2}}"
    place.number.approve("visit_reminder", "en_US", text)
    template = Template(name="visit_reminder", language="en_US", variables=variables)
    outcome = await place.adapter.send(place.dispatch("See you on Tuesday at nine", template=template), mark)
    assert outcome.kind == "accepted", outcome
    (message,) = place.delivered
    assert (message["type"], "text" in message) == ("template", False)
    assert (message["template"]["name"], message["template"]["language"]) == ("visit_reminder", {"code": "en_US"})
    (body,) = message["template"]["components"]
    assert [one["text"] for one in body["parameters"]] == ["Tuesday", "nine"]
    assert [one.get("parameter_name") for one in body["parameters"]] == (list(variables) if isinstance(variables, dict) else [None, None])  # fmt: skip


async def test_a_template_meta_does_not_know_is_rejected(place: Any, mark: Any) -> None:
    """With Meta's words: no such name, or another number of places."""
    place.number.approve("hello", "en", "Hello {{1}}")
    for template, code in (
        (Template(name="hello", language="de"), "132001"), (Template(name="hello", language="en"), "132000"),
    ):  # fmt: skip
        outcome = await place.adapter.send(place.dispatch(template=template), mark)
        assert (outcome.kind, outcome.error_code) == ("rejected", code)
    assert place.delivered == []


async def test_free_text_after_the_window_is_rejected_by_name(place: Any, mark: Any) -> None:
    """Should our own rule ever be wrong, Meta's 131047 ends as the same reason."""
    place.number.wrote.clear()
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code) == ("rejected", "window_closed")


@pytest.mark.parametrize(
    ("data", "content_type", "kind", "members"),
    [
        (PNG, "image/png", "image", {"caption": "Plan of 2.11."}),
        (b"%PDF-1.7 \0\xff", "application/pdf", "document", {"caption": "Plan of 2.11.", "filename": "Plan – Küche.pdf"}),
        (b"RIFF....", "image/webp", "document", {"caption": "Plan of 2.11.", "filename": "Plan – Küche.pdf"}),
        (PNG + b"\0" * (5 * 1024 * 1024), "image/png", "document", {"caption": "Plan of 2.11.", "filename": "Plan – Küche.pdf"}),
        (b"\0\0ftyp", "video/mp4", "video", {"caption": "Plan of 2.11."}),
    ],
)  # fmt: skip
async def test_a_file_is_uploaded_and_sent_by_its_id(
    place: Any, mark: Any, data: bytes, content_type: str, kind: str, members: Any
) -> None:
    """As what WhatsApp shows it as, byte for byte, with its caption; what it cannot show goes out as a document."""
    outcome = await place.adapter.send(
        place.dispatch("Plan of 2.11.", attachments=(file(data, content_type, "Plan – Küche.pdf"),)), mark
    )
    assert (outcome.kind, mark.calls) == ("accepted", 1), outcome
    (message,) = place.delivered
    assert message["type"] == kind
    media_id = message[kind]["id"]
    assert message[kind] == {"id": media_id, **members}
    assert place.provider.files.held[media_id].data == data
    assert place.provider.calls == {"media": 1, "messages": 1}


async def test_a_voice_message_goes_out_without_words(place: Any, mark: Any) -> None:
    """Audio has no caption: with a text beside it nothing is sent, alone it is audio."""
    voice = file(b"OggS" + bytes(range(256)), "audio/ogg; codecs=opus")
    outcome = await place.adapter.send(place.dispatch("Listen", attachments=(voice,)), mark)
    assert (outcome.kind, outcome.error_code) == ("rejected", "no_caption")
    assert (await place.adapter.send(place.dispatch("", attachments=(voice,)), mark)).kind == "accepted"
    assert place.delivered[0]["type"] == "audio"


async def test_what_does_not_fit_into_one_call_is_refused_before_it(place: Any, mark: Any) -> None:
    """Two files, an empty one, a long caption, nothing at all, a template with a file: no half of a message leaves."""
    picture, hello = file(PNG, "image/png"), Template(name="hello", language="en")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"attachments": (picture, picture)}, "too_many_files"), ({"attachments": (file(b"", "image/png"),)}, "bad_file"),
        ({"attachments": (picture,), "body": "x" * 1025}, "too_long"), ({"body": " \n"}, "empty"),
        ({"attachments": (picture, picture), "template": hello}, "too_many_files"),
        ({"attachments": (file(b"OggS", "audio/ogg"),), "template": hello}, "bad_file"),
        ({"attachments": (picture,), "template": msgspec.structs.replace(hello, header=["x"])}, "two_headers"),
    ]  # fmt: skip
    for members, code in cases:
        outcome = await place.adapter.send(place.dispatch(**members), mark)
        assert (outcome.kind, outcome.error_code) == ("rejected", code), members
    assert (mark.calls, place.provider.calls) == (0, {})


@pytest.mark.parametrize(
    ("code", "kind", "error_code"),
    [
        (4, "retry", "429"), (80007, "retry", "429"), (130429, "retry", "429"), (131056, "retry", "429_pair"),
        (131016, "retry", "down"), (190, "retry", "auth"), (10, "retry", "auth"), (131042, "retry", "auth"),
        (131000, "unknown", "unknown_error"), (131047, "rejected", "window_closed"), (131026, "rejected", "131026"),
        (131051, "rejected", "131051"), (131050, "rejected", "131050"),
    ],
)  # fmt: skip
async def test_codes_of_meta_count_before_the_status(
    place: Any, mark: Any, code: int, kind: str, error_code: str
) -> None:
    """Each comes with 400 and means something of its own. Nobody is suppressed: the codes do not say who is gone."""
    place.number.refusals[place.person] = GraphError(code, "no")
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code, outcome.suppress_recipient) == (kind, error_code, False)
    assert str(code) in (outcome.error or "")


async def test_a_limit_is_waited_out_as_long_as_it_says(place: Any, mark: Any) -> None:
    """Retry-After in seconds, or the minutes in Meta's usage header."""
    place.provider.faults.order("limit", calls="messages", times=1, seconds=7)
    place.provider.faults.order("limit", calls="messages", times=1, seconds=600)
    for seconds in (7.0, 600.0):
        outcome = await place.adapter.send(place.dispatch(), mark)
        assert (outcome.kind, outcome.error_code, outcome.retry_after_s) == ("retry", "429", seconds)


async def test_the_limit_of_one_person_is_not_the_accounts(place: Any, mark: Any) -> None:
    """After forty-five messages at once Meta wants one in six seconds; that pauses this row, and opens no breaker."""
    kinds = [(await place.adapter.send(place.dispatch(), mark)) for _ in range(46)]
    assert [one.kind for one in kinds] == ["accepted"] * 45 + ["retry"]
    assert (kinds[-1].error_code, kinds[-1].retry_after_s) == ("429_pair", 6.0)


@pytest.mark.parametrize(("fault", "delivered"), promises.UNCLEAR)
async def test_a_call_whose_end_nobody_knows_is_unknown(place: Any, mark: Any, fault: Any, delivered: int) -> None:
    """Lost, late, senseless answers and server errors: the message may be there or not, so it is never sent again."""
    place.provider.faults.order_all({"calls": "messages", **fault})
    adapter = CloudAdapter(place.url, max_attachment_bytes=1, answer_s=promises.answer_s(fault))
    outcome = await adapter.send(place.dispatch(), mark)
    await adapter.close()
    assert (outcome.kind, mark.calls) == ("unknown", 1)
    assert len(place.delivered) == delivered


@pytest.mark.parametrize("fault", [{"kind": "lost"}, {"kind": "drop"}, {"kind": "status"}, {"kind": "garbage"}])
async def test_an_upload_may_be_tried_again(place: Any, mark: Any, fault: Any) -> None:
    """It delivers nothing, so whatever became of it, nothing is unknown and no mark is set."""
    place.provider.faults.order_all({"calls": "media", "times": 1, **fault})
    picture = place.dispatch(attachments=(file(PNG, "image/png"),))
    outcome = await place.adapter.send(picture, mark)
    assert (outcome.kind, mark.calls) == ("retry", 0)
    assert (await place.adapter.send(picture, mark)).kind == "accepted"


async def test_a_token_meta_does_not_know_is_tried_again_later(place: Any, mark: Any) -> None:
    """401 and missing credentials are `auth`: nothing was sent, and a new secret mends it."""
    place.number.token = "another"
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code, outcome.retry_after_s) == ("retry", "auth", 300.0)
    for members in ({"secrets": {}}, {"secrets": {"access_token": "Ä"}}, {"session_config": {}},
                    {"session_config": {"phone_number_id": "../me"}}):  # fmt: skip
        before = mark.calls
        outcome = await place.adapter.send(place.dispatch(**members), mark)
        assert (outcome.kind, outcome.error_code, mark.calls) == ("retry", "auth", before)


async def test_nobody_listening_is_a_retry(place: Any) -> None:
    """Without a connection not a byte has left."""
    await promises.nobody_listens(lambda url: CloudAdapter(url, max_attachment_bytes=1), place.dispatch())


async def test_a_lost_lease_stops_before_the_call(place: Any) -> None:
    """What `before_send` raises comes back, and nothing is sent."""
    await promises.a_lost_lease_stops(place)


async def test_health_is_what_meta_says_of_the_number(place: Any) -> None:
    """Connected; another number, an unknown token and no id are disconnected; a poor rating and silence are degraded."""
    good = await place.adapter.check(place.session)
    assert good.status == "connected" and good.proves_address
    other = await place.adapter.check(msgspec.structs.replace(place.session, address="+15550000000"))
    assert other.status == "disconnected" and "+15550783881" in (other.reason or "")
    assert (await place.adapter.check(msgspec.structs.replace(place.session, config={}))).status == "disconnected"
    place.provider.faults.order("status", calls="number", times=1)
    assert (await place.adapter.check(place.session)).status == "degraded"
    place.provider.faults.order("limit", calls="number", times=1)
    assert (await place.adapter.check(place.session)).status == "degraded"
    place.number.quality = "RED"
    assert "RED" in ((await place.adapter.check(place.session)).reason or "")
    place.number.token = "another"
    assert (await place.adapter.check(place.session)).status == "disconnected"


async def test_a_number_whose_calls_go_elsewhere_is_dead(place: Any) -> None:
    """Meta tells whom it calls, the number's own address before the app's, and which apps are subscribed at all."""
    here = "https://p.example" + webhook_path("whatsapp-webhook", place.session.session_id)
    place.number.webhook = here
    assert (await place.adapter.check(place.session)).status == "connected"
    place.number.override = "https://crm.example/hook"
    health = await place.adapter.check(place.session)
    assert health.status == "disconnected" and "crm.example/hook" in str(health.reason)
    place.number.override = "https://[crm.example/hook"
    health = await place.adapter.check(place.session)
    assert health.status == "disconnected" and "an address that is none" in str(health.reason)
    sends_only = msgspec.structs.replace(place.session, secrets={"access_token": place.number.token})
    assert (await place.adapter.check(sends_only)).status == "connected", "nobody expects calls"
    place.number.override, place.number.subscribed = here, False
    assert (await place.adapter.check(place.session)).status == "connected", "Meta was not asked without the account"
    known = msgspec.structs.replace(
        place.session, config={**place.session.config, "business_account_id": place.number.business}
    )
    health = await place.adapter.check(known)
    assert health.status == "disconnected" and "no app is subscribed" in str(health.reason)
    place.number.subscribed = True
    assert (await place.adapter.check(known)).status == "connected"
    place.provider.faults.order("status", calls="subscribed_apps")
    assert (await place.adapter.check(known)).status == "connected", "what Meta does not tell is no reason"
