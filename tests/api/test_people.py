"""Contacts, accounts, tenants, members, knowledge, and the operator's pages."""

import uuid
from collections.abc import Callable
from typing import Any

from cryptography.fernet import Fernet
from psycopg.types.json import Jsonb

from tests.api.kit import SECRET, Client, World, serving


def test_a_contact_is_made_found_changed_and_merged(agent: Client, world: World) -> None:
    """Addresses are normalised and belong to one contact; merging unites them and their conversations."""
    made = agent.post(
        "/v1/contacts", {"display_name": "Ann", "identities": [{"kind": "email", "address": "Ann@Bücher.test"}]}
    )
    assert made.status_code == 201
    ann = made.json()["contact_id"]
    detail = agent.get(f"/v1/contacts/{ann}").json()
    assert detail["identities"][0]["address"] == "ann@xn--bcher-kva.test"
    assert [c["id"] for c in agent.get("/v1/contacts", address="ANN@bücher.test").json()["items"]] == [ann]
    taken = agent.post("/v1/contacts", {"identities": [{"kind": "email", "address": "ann@bücher.test"}]})
    assert (taken.status_code, taken.json()["code"], taken.json()["contact_id"]) == (409, "address_taken", ann)
    assert agent("PATCH", f"/v1/contacts/{ann}", {"company": "Books", "kind": "customer"}).status_code == 200
    changed = agent.get(f"/v1/contacts/{ann}").json()
    assert (changed["company"], changed["display_name"], changed["kind"]) == ("Books", "Ann", "customer")
    _, thread = world.mail(world.acme, "ann.private@example.com")
    other = agent.get(f"/v1/threads/{thread}").json()["contact_id"]
    assert agent.post(f"/v1/contacts/{ann}/merge", {"loser_id": other}).status_code == 200
    united = agent.get(f"/v1/contacts/{ann}").json()
    assert united["merged"] == [other] and len(united["identities"]) == 2
    assert [t["id"] for t in agent.get("/v1/threads", contact=ann).json()["items"]] == [str(thread)]
    gone = agent("PATCH", f"/v1/contacts/{other}", {"company": "x"})
    assert (gone.status_code, gone.json()["merged_into"]) == (409, ann)
    assert agent.post(f"/v1/contacts/{ann}/block", {"blocked": True}).json()["blocked_at"]
    consent = {"channel": "email", "purpose": "marketing", "granted": True}
    assert agent.post(f"/v1/contacts/{ann}/consents", consent).status_code == 201
    assert agent.get(f"/v1/contacts/{ann}").json()["consents"][0]["granted"] is True


def test_a_contact_is_erased_by_admins(agent: Client, owner_client: Client, world: World) -> None:
    """An agent may not, a reason is asked for, the tombstone says since when, and nobody writes on it again."""
    message, thread = world.mail(world.acme, "forget.me@example.com")
    contact = agent.get(f"/v1/threads/{thread}").json()["contact_id"]
    path = f"/v1/contacts/{contact}/erase"
    assert agent.post(path, {"reason": "request"}).status_code == 403
    assert owner_client.post(path, {"reason": "because"}).json()["field"] == "reason"
    done = owner_client.post(path, {"reason": "request"}).json()
    assert (done["status"], done["messages_erased"]) == ("done", 1)
    assert owner_client.post(path, {"reason": "request"}).json() == done
    left = agent.get(f"/v1/contacts/{contact}").json()
    assert left["erased_at"] and left["identities"] == [] and left["display_name"] is None
    assert agent.get("/v1/contacts", address="forget.me@example.com").json()["items"] == []
    empty = agent.get(f"/v1/messages/{message}").json()
    assert (empty["body"], empty["sender_address"], bool(empty["deleted_at"])) == ("", None, True)
    assert agent.get(f"/v1/messages/{message}/explain").json()["message"]["erased_because"] == "request"
    again = agent("PATCH", f"/v1/contacts/{contact}", {"company": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "erased")


def test_contacts_page_without_repeats(agent: Client, world: World) -> None:
    """Keyset pages cover all contacts once."""
    for n in range(7):
        agent.post("/v1/contacts", {"display_name": f"Lead {n}", "kind": "lead"})
    seen, cursor = [], None
    while True:
        page = agent.get("/v1/contacts", kind="lead", limit=3, **({"cursor": cursor} if cursor else {})).json()
        seen += [item["display_name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"Lead {n}" for n in reversed(range(7))]


def test_the_templates_of_an_account_are_listed(owner_client: Client, world: World) -> None:
    """With what each asks for, for a picker; nothing of another account."""
    assert owner_client.get(f"/v1/channel-sessions/{world.acme.session_id}/templates").json() == {"items": [], "next_cursor": None}  # fmt: skip
    hello = {"name": "hello", "language": "en", "status": "approved", "category": "utility", "shape": {"body": 1},
             "components": [{"type": "BODY", "text": "Hello {{1}}"}]}  # fmt: skip
    world.db.execute(
        "select private.record_templates(%s, %s, %s)", [world.acme.id, world.acme.session_id, Jsonb([hello])]
    )
    (row,) = owner_client.get(f"/v1/channel-sessions/{world.acme.session_id}/templates").json()["items"]
    assert row.pop("read_at") and row == hello
    world.db.execute("delete from public.message_templates")
    world.db.execute("update public.et_channel_sessions set templates_read_at = null")


def test_account_secrets_are_stored_encrypted_and_never_shown(world: World) -> None:
    """What reaches the database is ciphertext that only the configured key opens; deleting wipes it."""
    key = Fernet.generate_key()
    with serving(world.database.settings(supabase_jwt_secret=SECRET, secrets_keys=key.decode())) as url:
        owner = Client(url, world.acme.token("owner"))
        made = owner.post("/v1/channel-sessions", {
            "channel": "email", "name": "Sales", "secrets": {"smtp_password": "open sesame"},
        })  # fmt: skip
        assert made.status_code == 201 and made.json()["status"] == "connected"
        assert made.json()["address"].startswith("acme-")
        session = made.json()["session_id"]

        def stored(name: str) -> bytes:
            return bytes(world.one("select ciphertext from private.channel_secrets where session_id = %s and name = %s",
                                   session, name))  # fmt: skip

        assert b"sesame" not in stored("smtp_password")
        assert Fernet(key).decrypt(stored("smtp_password")) == b"open sesame"
        assert (
            owner("PUT", f"/v1/channel-sessions/{session}/secrets/smtp_password", {"value": "new"}).status_code == 200
        )
        assert Fernet(key).decrypt(stored("smtp_password")) == b"new"
        assert "sesame" not in owner.get(f"/v1/channel-sessions/{session}").text
        agent = Client(url, world.acme.token("agent"))
        assert agent("PUT", f"/v1/channel-sessions/{session}/secrets/x", {"value": "y"}).status_code == 403
        tested = owner.post(f"/v1/channel-sessions/{session}/test", {"to": "Me@Acme.test"})
        assert tested.status_code == 202, tested.text
        assert world.one("select recipient from public.et_outbound_queue where message_id = %s",
                         tested.json()["message_id"]) == "me@acme.test"  # fmt: skip
        refused = owner.post(f"/v1/channel-sessions/{session}/test", {"to": "nobody"})
        assert (refused.status_code, refused.json()["field"]) == (422, "to"), refused.text
        assert owner.post(f"/v1/channel-sessions/{session}/pause").json()["status"] == "paused"
        assert owner.post(f"/v1/channel-sessions/{session}/resume").json()["status"] == "connected"
        assert owner("DELETE", f"/v1/channel-sessions/{session}").status_code == 200
        assert world.one("select count(*) from private.channel_secrets where session_id = %s", session) == 0
        assert owner.get(f"/v1/channel-sessions/{session}").status_code == 404
        pending = owner.post("/v1/channel-sessions", {"channel": "email", "name": "Own", "address": "Me@Own.test"})
        assert (pending.json()["status"], pending.json()["address"]) == ("pending", "me@own.test")


def test_a_secret_its_provider_would_not_take_is_refused(world: World) -> None:
    """Where a provider declared what its secrets look like, both ways to set one refuse another, name the field and
    keep nothing; other names, and other providers, take anything."""
    declared = [{"provider": name, "channel": "chat", "delivery_class": "N", "max_body_chars": 100, "secret_rules": rules}
                for name, rules in (("strict", {"webhook_secret": "[A-Za-z0-9_-]{1,256}"}), ("easy", {}))]  # fmt: skip
    with world.database.connect("parley_worker") as connection:
        connection.execute("select private.register_providers(%s)", [Jsonb(declared)])
    key = Fernet.generate_key().decode()
    with serving(world.database.settings(supabase_jwt_secret=SECRET, secrets_keys=key)) as url:
        owner = Client(url, world.acme.token("owner"))

        def connect(provider: str, secret: str) -> Any:
            return owner.post("/v1/channel-sessions", {
                "channel": "chat", "provider": provider, "address": uuid.uuid4().hex, "name": "Bot",
                "secrets": {"webhook_secret": secret, "token": "any thing"},
            })  # fmt: skip

        before = world.one("select count(*) from public.et_channel_sessions")
        for bad in ("a b", "ü", "x" * 257, "a\n"):
            refused = connect("strict", bad)
            assert (refused.status_code, refused.json()["field"]) == (422, "secrets.webhook_secret"), refused.text
        assert world.one("select count(*) from public.et_channel_sessions") == before
        session = connect("strict", "x" * 256).json()["session_id"]
        place = f"/v1/channel-sessions/{session}/secrets/webhook_secret"
        refused = owner("PUT", place, {"value": "whsec_a+b/c="})
        assert (refused.status_code, refused.json()["field"]) == (422, "value")
        assert "whsec" not in refused.text and owner("PUT", place, {"value": "new-1_A"}).status_code == 200
        assert connect("easy", "whsec_a+b/c=").status_code == 201


def test_members_are_invited_promoted_and_removed(
    client: Callable[..., Client], owner_client: Client, world: World
) -> None:
    """The token of an invitation makes its addressee a member; roles and removal take effect at once."""
    from tests.api.kit import token

    invited = owner_client.post("/v1/invitations", {"address": "New@acme.test", "role": "viewer"}).json()
    assert invited["token"] not in owner_client.get("/v1/invitations").text
    user = world.user("new@acme.test")
    newcomer = client(token(user, world.acme.id))
    assert newcomer.get("/v1/threads").status_code == 403
    assert newcomer.post("/v1/invitations/accept", {"token": invited["token"]}).status_code == 200
    assert newcomer.get("/v1/threads").status_code == 200
    assert newcomer.post("/v1/invitations/accept", {"token": invited["token"]}).status_code == 404
    assert owner_client("PUT", f"/v1/members/{user}/role", {"role": "admin"}).status_code == 200
    assert newcomer.get("/v1/audit-log").status_code == 200
    assert owner_client("DELETE", f"/v1/members/{user}").status_code == 200
    assert newcomer.get("/v1/threads").status_code == 403
    last = owner_client("DELETE", f"/v1/members/{world.acme.people['owner']}")
    assert (last.status_code, last.json()["code"]) == (409, "last_owner")


def test_a_tenant_is_made_switched_to_and_deleted(client: Callable[..., Client], world: World) -> None:
    """Whoever signs in may make a tenant, work in it and delete it; then it is closed."""
    from tests.api.kit import token

    user = world.user("founder@new.test")
    made = client(token(user)).post("/v1/tenants", {"name": "New", "slug": "brand-new"})
    assert made.status_code == 201
    tenant_id = made.json()["tenant_id"]
    founder = client(token(user, tenant_id))
    assert founder.post(f"/v1/tenants/{tenant_id}/switch").status_code == 200
    assert founder.get("/v1/me").json()["memberships"] == [
        {"tenant_id": tenant_id, "role": "owner", "active": True, "language": None, "tenant_name": "New"}
    ]
    assert founder("PATCH", "/v1/tenant", {"name": "Newer", "home_regions": ["DE"]}).status_code == 200
    assert founder.get("/v1/tenant").json()["name"] == "Newer"
    again = client(token(user)).post("/v1/tenants", {"name": "Other", "slug": "brand-new"})
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    assert founder("DELETE", "/v1/tenant").status_code == 200
    assert founder.get("/v1/tenant").status_code == 403


def test_a_voice_is_set_by_admins_within_bounds(owner_client: Client, agent: Client, stranger: Client) -> None:
    """What is too long is named with its bound; agents may not; a stranger reads and changes his own tenant's alone."""
    voice = {
        "voice_tone": "warm",
        "voice_formality": "formal",
        "voice_signature": "Warmly\nAnn",
        "voice_avoid": ["cheap"],
    }
    assert owner_client("PATCH", "/v1/tenant", {"settings": voice}).status_code == 200
    assert agent("PATCH", "/v1/tenant", {"settings": {"voice_tone": "mine"}}).status_code == 403
    assert stranger("PATCH", "/v1/tenant", {"settings": {"voice_tone": "mine"}}).status_code == 200
    for name, value in (("tone", "x" * 201), ("signature", "a\tb"), ("avoid", ["x" * 61]), ("formality", "rude")):
        refused = owner_client("PATCH", "/v1/tenant", {"settings": {f"voice_{name}": value}})
        assert (refused.status_code, refused.json()["code"]) == (422, "bad_input")
        assert refused.json()["field"].startswith(f"settings.voice_{name}")
    settings = owner_client.get("/v1/tenant").json()["settings"]
    assert {name: settings[name] for name in voice} == voice
    assert stranger.get("/v1/tenant").json()["settings"]["voice_tone"] == "mine"
    silent = {"voice_tone": None, "voice_formality": "neutral", "voice_signature": None, "voice_avoid": []}
    for client in (owner_client, stranger):
        assert client("PATCH", "/v1/tenant", {"settings": silent}).status_code == 200


def test_knowledge_is_kept_by_agents(agent: Client) -> None:
    """Questions and wordings are added, changed, listed and deleted."""
    made = agent.post("/v1/faq", {"question": "Price?", "keywords": ["price"], "answer": "10"})
    faq = made.json()["faq_id"]
    assert made.status_code == 201
    assert agent("PATCH", f"/v1/faq/{faq}", {"answer": "12"}).status_code == 200
    assert [(f["answer"], f["enabled"]) for f in agent.get("/v1/faq").json()["items"]] == [("12", True)]
    assert agent("DELETE", f"/v1/faq/{faq}").status_code == 200
    reply = agent("PUT", "/v1/canned-replies", {"intent": "thanks", "body": "You are welcome"}).json()["reply_id"]
    assert agent("PUT", "/v1/canned-replies", {"intent": "thanks", "body": "Any time"}).json()["reply_id"] == reply
    assert [r["body"] for r in agent.get("/v1/canned-replies").json()["items"]] == ["Any time"]
    assert agent("DELETE", f"/v1/canned-replies/{reply}").status_code == 200


def test_suppressions_are_listed_and_lifted_by_admins(agent: Client, owner_client: Client) -> None:
    """An agent may stop sending to an address, only an admin starts it again."""
    assert agent.post("/v1/suppressions", {"kind": "email", "address": "no@more.test"}).status_code == 201
    assert agent.get("/v1/suppressions").json()["items"][0]["address"] == "no@more.test"
    lift = {"kind": "email", "address": "no@more.test"}
    assert agent.post("/v1/suppressions/lift", lift).status_code == 403
    assert owner_client.post("/v1/suppressions/lift", lift).status_code == 200
    assert owner_client.post("/v1/suppressions/lift", lift).status_code == 404


def test_operators_see_health_metrics_and_docs(client: Callable[..., Client], agent: Client, world: World) -> None:
    """Ready says which schema is there, metrics count requests and queues, docs need nothing from elsewhere."""
    world.mail(world.acme)
    agent.get("/v1/threads")
    world.count_for_the_board()
    nobody = client()
    assert nobody.get("/health").json() == {"status": "ok"}
    assert nobody.get("/health/ready").json()["status"] == "ready"
    text = nobody.get("/metrics").text
    assert 'parley_http_requests_total{method="GET",route="/v1/threads",status="200"}' in text
    assert 'parley_http_request_seconds_bucket{le="0.1",method="GET",route="/v1/threads"}' in text
    assert 'parley_queue_in_flight{queue="outbound"}' in text and "parley_connections_waited_for 0" in text
    assert 'parley_queue_oldest_seconds{queue="moderation"}' in text and 'parley_queue_depth{queue="ingress"}' in text
    assert "parley_board_age_seconds" in text
    assert 'parley_queue_depth{queue="inbound"}' in text and str(world.acme.id) not in text
    world.db.execute("set role none")
    claimed = world.db.execute(
        "select tenant_id, thread_id, fence, last_seq from private.claim_inbound('w', 10)"
    ).fetchall()
    for tenant, thread, fence, last in (tuple(row.values()) if isinstance(row, dict) else row for row in claimed):
        decision = '{"action": "no_reply", "intent": "thanks", "control_epoch": 1}'
        world.db.execute("select private.complete_inbound(%s, %s, %s, %s, %s)", [tenant, thread, fence, last, decision])
    assert 'parley_decisions_5m{action="no_reply"}' in nobody.get("/metrics").text
    page = nobody.get("/docs")
    assert page.status_code == 200 and "http" not in page.text.replace("/openapi.json", "").split("<main")[1]
    document = nobody.get("/openapi.json").json()
    send = document["paths"]["/v1/threads/{thread_id}/messages"]["post"]
    assert set(send["responses"]) >= {"201", "401", "404", "409", "422", "429"}
    assert "We can come on Tuesday" in str(document)


def test_an_account_is_tried_with_a_template_and_in_a_browser(owner_client: Client, world: World) -> None:
    """Where free text is refused the answer names `template` and how to go on; a browser's long address is taken."""
    world.db.execute(
        "select private.register_providers(%s)",
        [Jsonb([{"provider": "cloud", "channel": "whatsapp", "delivery_class": "N", "max_body_chars": 4096,
                 "window_hours": 24}, {"provider": "push", "channel": "push", "delivery_class": "N",
                                       "max_body_chars": 4096}])],
    )  # fmt: skip
    made = {
        channel: owner_client.post("/v1/channel-sessions", {"channel": channel, "provider": provider, "name": "Desk",
                                                            "address": address}).json()["session_id"]
        for channel, provider, address in (("whatsapp", "cloud", "+15550783881"), ("push", "push", "app"))
    }  # fmt: skip
    path = f"/v1/channel-sessions/{made['whatsapp']}/test"
    refused = owner_client.post(path, {"to": "+16505551234"}).json()
    assert (refused["code"], refused["field"]) == ("window_closed", "template") and "approved" in refused["remedy"]
    template = {"name": "trial", "language": "en_US", "variables": ["today"]}
    tried = owner_client.post(path, {"to": "+16505551234", "template": template})
    assert tried.status_code == 202, tried.text
    assert world.one("select template from public.et_outbound_queue where message_id = %s",
                     tried.json()["message_id"]) == template  # fmt: skip
    browser = f"https://push.example.com/{'x' * 500}#p256dh={'A' * 87}&auth={'B' * 22}"
    pushed = owner_client.post(f"/v1/channel-sessions/{made['push']}/test", {"to": browser})
    assert pushed.status_code == 202, pushed.text
    world.db.execute("delete from private.channel_providers")  # the other tests' accounts are nobody's
