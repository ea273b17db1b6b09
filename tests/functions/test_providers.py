"""What is particular to one provider."""

import base64
import json
import time
import uuid
from urllib.parse import urlencode

import pytest
from cryptography.fernet import Fernet

from app.secrets import Vault
from devstack import functions
from tests.db.helpers import Tenant
from tests.functions.kit import PUBLIC, Edge, sms, svix, telegram, twilio_signature, whatsapp
from tests.workers.harness import Room

BODY = json.dumps({"type": "email.delivered", "data": {}}).encode()


def test_standard_webhooks_take_one_good_signature_of_several(edge: Edge, tenant: Tenant) -> None:
    """While a secret is rotated two are sent; and the newer names of the headers are read as well."""
    secret = uuid.uuid4().bytes
    session = edge.account(tenant, "email", "resend", webhook_secret="whsec_" + base64.b64encode(secret).decode())
    headers = svix(secret, "msg_1", BODY)
    both = {**headers, "svix-signature": f"v1,AAAA v2,x {headers['svix-signature']}"}
    assert edge.http.post(f"/email-events/{session}", content=BODY, headers=both).status_code == 200
    renamed = {name.replace("svix-", "webhook-"): value for name, value in svix(secret, "msg_2", BODY).items()}
    assert edge.http.post(f"/email-events/{session}", content=BODY, headers=renamed).status_code == 200
    assert [row["event_id"] for row in edge.rows(session)] == ["msg_1", "msg_2"]


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_of_another_time_is_stale(edge: Edge, tenant: Tenant, minutes: int) -> None:
    """Five minutes either way; a replay answers like any bad signature and is counted as what it is."""
    secret = uuid.uuid4().bytes
    session = edge.account(tenant, "email", "resend", webhook_secret="whsec_" + base64.b64encode(secret).decode())
    headers = svix(secret, "msg_old", BODY, time.time() + 60 * minutes)
    assert edge.http.post(f"/email-events/{session}", content=BODY, headers=headers).status_code == 401
    assert edge.refusals(session) == {"stale": 1}
    unsigned = {**headers, "svix-timestamp": str(int(time.time()))}
    assert edge.http.post(f"/email-events/{session}", content=BODY, headers=unsigned).status_code == 401


def test_whatsapp_is_told_that_the_address_is_ours(edge: Edge, tenant: Tenant) -> None:
    """The challenge comes back as text for the right token, and for nothing else."""
    caller = whatsapp(edge, tenant)
    row = edge.world.one("select config from public.et_channel_sessions where id = %s", caller.session)
    assert row
    token = edge.vault.open(edge.world.value(
        "select encode(ciphertext, 'base64') from private.channel_secrets where session_id = %s and name = 'verify_token'",
        caller.session,
    ))  # fmt: skip
    asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
    answer = edge.http.get(caller.path, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"] == "text/plain"
    for change in ({"hub.verify_token": token + "x"}, {"hub.verify_token": ""}, {"hub.mode": "x"},
                   {"hub.challenge": "<script>alert(1)</script>"}, {"hub.challenge": ""}):  # fmt: skip
        refused = edge.http.get(caller.path, params={**asked, **change})
        assert refused.status_code == 401 and "script" not in refused.text
    assert edge.http.get(f"/whatsapp-webhook/{uuid.uuid4()}", params=asked).status_code == 401
    assert edge.refusals(caller.session) == {"signature": 5}


def test_twilio_signs_its_address_and_every_field(edge: Edge, tenant: Tenant) -> None:
    """Query, repeated and empty fields count; the address is ours or the one that was called, never a header's alone."""
    session = edge.account(tenant, "sms", "twilio", auth_token="the-token")
    body = urlencode(
        [("MessageSid", "SM1234567890"), ("SmsStatus", "delivered"), ("A", "2"), ("A", "1"), ("Empty", "")]
    ).encode()
    path = f"/sms-webhook/{session}?from=us"
    headers = {"content-type": "application/x-www-form-urlencoded"}

    def status(url: str, **more: str) -> int:
        signature = {"X-Twilio-Signature": twilio_signature("the-token", url, body)}
        return edge.http.post(path, content=body, headers={**headers, **signature, **more}).status_code

    assert status(f"{PUBLIC}/functions/v1{path}") == 200
    assert status(f"http://127.0.0.1:{edge.room.functions_port}/functions/v1{path}") == 200
    assert status("https://sms.example.org/functions/v1" + path) == 401
    assert status(f"{PUBLIC}/functions/v1/sms-webhook/{session}") == 401
    answer = edge.http.post(path, content=body, headers={**headers, "X-Twilio-Signature": twilio_signature("the-token", f"{PUBLIC}/functions/v1{path}", body)})  # fmt: skip
    assert (answer.headers["content-type"], answer.text) == ("text/xml", "<Response></Response>")
    assert [row["event_id"] for row in edge.rows(session)] == ["SM1234567890:delivered"]


def test_a_status_callback_keeps_the_queue_id_of_its_address(edge: Edge, tenant: Tenant) -> None:
    """It is signed with the address, and kept with the call; anything else in its place is left out."""
    session = edge.account(tenant, "sms", "twilio", auth_token="the-token")
    queue_id = str(uuid.uuid4())
    for number, query in enumerate((f"?q={queue_id}", "?q=%00x", "?other=1", "")):
        body = urlencode({"MessageSid": f"SM123456789{number}", "MessageStatus": "sent"}).encode()
        path = f"/sms-webhook/{session}{query}"
        headers = {"content-type": "application/x-www-form-urlencoded",
                   "X-Twilio-Signature": twilio_signature("the-token", f"{PUBLIC}/functions/v1{path}", body)}  # fmt: skip
        assert edge.http.post(path, content=body, headers=headers).status_code == 200, path
    assert [row["headers"] for row in edge.rows(session)] == [{"queue-id": queue_id}, {}, {}, {}]
    forged = {**headers, "X-Twilio-Signature": twilio_signature("the-token", f"{PUBLIC}/functions/v1{path}", body)}
    assert edge.http.post(f"{path}?q={queue_id}", content=body, headers=forged).status_code == 401


def test_each_state_of_an_sms_is_an_event_of_its_own(edge: Edge, tenant: Tenant) -> None:
    """One message is told of several times: received, sent, delivered."""
    caller = sms(edge, tenant)
    for status in ("sent", "delivered", "sent"):
        body = urlencode({"MessageSid": "SM1234567890", "MessageStatus": status}).encode()
        assert edge.http.post(caller.path, content=body, headers=caller.headers(body)).status_code == 200
    assert [row["event_id"] for row in edge.rows(caller.session)] == ["SM1234567890:sent", "SM1234567890:delivered"]


def test_sparkpost_may_send_a_token_and_names_its_batches(edge: Edge, tenant: Tenant) -> None:
    """A custom header instead of a login; the batch id tells a repeated batch from an equal one."""
    session = edge.account(tenant, "email", "sparkpost", webhook_secret="a-long-token")
    sent = {"X-MessageSystems-Webhook-Token": "a-long-token", "content-type": "application/json"}
    for batch in ("b1", "b2", "b1"):
        answer = edge.http.post(
            f"/email-events/{session}", content=b'[{"msys":{}}]', headers={**sent, "X-MessageSystems-Batch-ID": batch}
        )
        assert answer.status_code == 200
    assert [row["event_id"] for row in edge.rows(session)] == ["batch:b1", "batch:b2"]
    for wrong in (
        {"X-MessageSystems-Webhook-Token": ""},
        {"Authorization": "Basic !"},
        {"Authorization": "Bearer a-long-token"},
    ):
        assert edge.http.post(f"/email-events/{session}", content=b"[]", headers=wrong).status_code == 401


def test_a_mail_account_whose_provider_pushes_nothing_takes_nothing(edge: Edge, tenant: Tenant) -> None:
    """Plain SMTP, and a name that every object has."""
    for provider in ("smtp", "constructor"):
        session = edge.account(tenant, "email", provider, webhook_secret="s")
        assert edge.http.post(f"/email-events/{session}", content=b"[]").status_code == 401


def test_secrets_sealed_with_an_older_key_are_opened(edge: Edge, tenant: Tenant) -> None:
    """Keys rotate by a new one in front: both open. A secret no key opens is our trouble, not the provider's: 503."""
    caller = telegram(edge, tenant)
    newer = Fernet.generate_key().decode()
    older = edge.room.settings.secrets_keys
    place = [tenant.id, caller.session, "webhook_secret"]
    sealed = Vault([newer]).seal(edge.vault.open(edge.world.value(
        "select encode(ciphertext, 'base64') from private.channel_secrets where session_id = %s", caller.session)))  # fmt: skip
    edge.world.owner.execute("select private.put_channel_secret(%s, %s, %s, %s)", [*place, sealed])
    assert caller.post(edge, "sealed").status_code == 503
    room = Room(edge.room.database, edge.room.home / "rotated", public_url=PUBLIC, secrets_keys=f"{newer},{older}")
    room.home.mkdir()
    try:
        room.start("functions")
        rotated = Edge(room)
        assert caller.post(rotated, "sealed").status_code == 200
        second = telegram(edge, tenant)
        assert second.post(rotated, "older").status_code == 200
        rotated.close()
    finally:
        room.close()


def test_hosted_functions_without_a_url_of_their_own_step_down(edge: Edge, tenant: Tenant) -> None:
    """With SUPABASE_DB_URL, the owner's, they act as parley_ingress: what that role may not do, they cannot."""
    caller = telegram(edge, tenant)
    room = Room(edge.room.database, edge.room.home / "hosted")
    room.home.mkdir()
    mine = "private.accept_webhook(uuid, text, jsonb, bytea)"
    binary = functions.deno()
    assert binary is not None
    try:
        room.spawn(
            functions.command(binary), "functions", **functions.environment(), PARLEY_INGRESS_DATABASE_URL="",
            SUPABASE_DB_URL=room.database.url(), PARLEY_SECRETS_KEYS=edge.room.settings.secrets_keys,
        )  # fmt: skip
        room.wait_for_functions()
        hosted = Edge(room)
        assert caller.post(hosted, "hosted").status_code == 200
        login = edge.world.all(
            "select usename from pg_stat_activity where datname = current_database()"
            " and application_name = 'parley edge' and usename = 'postgres'"
        )
        assert login
        edge.world.owner.execute(f"revoke execute on function {mine} from parley_ingress")
        assert caller.post(hosted, "not allowed").status_code == 503
        hosted.close()
    finally:
        edge.world.owner.execute(f"grant execute on function {mine} to parley_ingress")
        room.close()
