"""The tenant itself: its people, its accounts, what it knows, and the policy its marketplace is moderated by."""

import uuid
from typing import Any

from psycopg.types.json import Jsonb

from app.demo.seed.script import texts
from app.demo.seed.world import World
from app.moderation.documents import template

IDS = "0197a000-0000-7000-8000-"
"""How ids of people begin who exist for show, as in `supabase/seed.sql`: the local stack lets them sign in."""
STAFF = {
    "mira": ("Mira Okonjo-Hallström", "owner"),
    "jonas": ("Jonas Petrov", "admin"),
    "aiko": ("Aiko Tanaka", "agent"),
    "noor": ("Noor van der Westhuizen-Abdelrahman", "viewer"),
}
ACCOUNTS = (
    ("email", "smtp", "Support", "support@{slug}.test"),
    ("whatsapp", "whatsapp_cloud", "Harbour on WhatsApp", "+12125550190"),
    ("telegram", "telegram", "Harbour bot", "7000000001"),
    ("sms", "twilio", "Text line", "+12125550191"),
    ("in_app", "in_app", "App chat", "app"),
    ("form", "hosted_form", "Website form", "website"),
)
STATES = (
    ("form", "degraded", "calls are refused: 3 of 4 in the last hour"),
    ("telegram", "paused", None),
)
HOURS = [{"weekday": day, "opens": "08:00", "closes": "18:00"} for day in range(5)] + [
    {"weekday": 5, "opens": "09:00", "closes": "13:00"}
]


def user_id(seed: int, number: int) -> str:
    """The sign-in of the n-th person of a seed."""
    return str(uuid.UUID(f"{IDS}d{seed:05x}{number:06x}"))


def add_user(world: World, made: str, email: str, name: str) -> str:
    """A sign-in, unless there is one."""
    world.connection.execute(
        "insert into auth.users (id, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, aud,"
        " role, created_at, updated_at, instance_id, confirmation_token, recovery_token, email_change_token_new,"
        " email_change)"
        " values (%(id)s, %(email)s, now(), %(app)s, %(meta)s, 'authenticated', 'authenticated', now(), now(),"
        " '00000000-0000-0000-0000-000000000000', '', '', '', '') on conflict (id) do nothing",
        {
            "id": made,
            "email": email,
            "app": Jsonb({"provider": "email", "providers": ["email"]}),
            "meta": Jsonb({"name": name}),
        },
    )
    world.connection.execute(
        "insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)"
        " values (%(id)s::text, %(id)s::uuid, %(data)s, 'email', now(), now())"
        " on conflict (provider_id, provider) do nothing",
        {"id": made, "data": Jsonb({"sub": made, "email": email, "email_verified": True})},
    )
    return made


def found(world: World, seed: int, slug: str, name: str) -> dict[str, str]:
    """The tenant with its staff; who they are, by first name."""
    staff = {
        key: add_user(world, user_id(seed, number), f"{key}@{slug}.test", full)
        for number, (key, (full, _)) in enumerate(STAFF.items(), 1)
    }
    made = world.call(staff["mira"], "create_tenant(%s, %s, 'America/New_York', 'en')", name, slug)
    world.begin(str(made["tenant_id"]))
    for key, (full, role) in STAFF.items():
        world.connection.execute(
            "insert into public.tenant_members (tenant_id, user_id, role, display_name) values (%s, %s, %s, %s)"
            " on conflict (tenant_id, user_id) do update set display_name = excluded.display_name",
            [world.tenant_id, staff[key], role, full],
        )
    settings = {
        "business_hours": HOURS,
        "sends_per_minute": 100_000,
        "auto_replies_per_hour": 100,
        "search_policy": "full",
        "voice_tone": "warm, short, never hurried",
        "chat_policy": "context",
    }
    patch = {"home_regions": ["US"], "sender_name": name, "settings": settings}
    world.call(staff["mira"], "update_tenant(%s)", Jsonb(patch))
    return staff


def connect(world: World, slug: str) -> None:
    """An account of every kind. None has a secret: whatever is sent later reaches nobody."""
    for channel, provider, name, address in ACCOUNTS:
        world.providers[channel] = provider
        world.sessions[channel] = str(
            world.value(
                "insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, status,"
                " verified_at, last_inbound_at, last_heartbeat_at, created_at) values (%s, %s, %s, %s, %s, 'connected',"
                " now(), now(), now(), now() - interval '40 days') returning id",
                world.tenant_id,
                channel,
                provider,
                name,
                address.format(slug=slug),
            )
        )
    shown = [
        {**one, "shape": {"body": one["body"].count("{{")}, "components": [{"type": "BODY", "text": one["body"]}]}
        for one in texts("knowledge")["templates"]
    ]
    world.value(
        "select private.record_templates(%s, %s, %s)", world.tenant_id, world.sessions["whatsapp"], Jsonb(shown)
    )


def teach(world: World, admin: str) -> None:
    """Questions and answers, wordings, and the policy of the marketplace."""
    known = texts("knowledge")
    for entry in known["faqs"]:
        world.call(admin, "put_faq_entry(null, %s)", Jsonb(entry))
    for intent, body in known["wordings"]:
        world.call(admin, "put_canned_reply(%s, %s)", intent, body)
    document: dict[str, Any] = template("marketplace") | {"regions": ["US"]}
    world.call(admin, "put_moderation_policy(%s, %s)", Jsonb(document), "As the template has it")
    for stage in document["lanes"]["people"].values():
        stage |= {
            "harassment": {"action": "hold", "threshold": 0.5, "below": "hold"},
            "threat": {"action": "hold", "threshold": 0.5, "below": "hold"},
            "scam": {"action": "hold", "threshold": 0.5, "below": "hold"},
        }
    world.call(admin, "put_moderation_policy(%s, %s)", Jsonb(document), "Unkind words are read by a person")


def manage(world: World, staff: dict[str, str], slug: str) -> None:
    """What admins did: keys, an invitation, a broadcast, an address nothing is sent to."""
    admin = staff["jonas"]
    world.call(admin, "create_api_key(%s, %s)", "Website", ["read", "send"])
    retired = world.call(admin, "create_api_key(%s, %s)", "Old importer", ["read"])
    world.call(admin, "revoke_api_key(%s)", retired["api_key_id"] if "api_key_id" in retired else retired["id"])
    world.call(staff["mira"], "invite_member(%s, 'agent')", f"newcomer@{slug}.test")
    world.call(admin, "suppress_address('email', 'never.again@people.test')")
    world.call(admin, "create_broadcast(%s)", "We are closed on Thursday for the harbour festival. See you there!")


def rest(world: World, admin: str) -> None:
    """The limits a real tenant has, and the accounts as they are today."""
    world.call(admin, "update_tenant(%s)", Jsonb({"settings": {"sends_per_minute": 30, "auto_replies_per_hour": 5}}))
    for channel, status, reason in STATES:
        world.connection.execute(
            "update public.et_channel_sessions set status = %s, status_reason = %s where tenant_id = %s and id = %s",
            [status, reason, world.tenant_id, world.sessions[channel]],
        )
