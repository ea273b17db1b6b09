"""The whole demo tenant, from nothing to a month of work, in one transaction: it is there, or it is not."""

import random
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg

from app.demo.channel import Progress
from app.demo.seed import house, market, past, script
from app.demo.seed.talk import Talk
from app.demo.seed.world import World
from app.errors import NotFound

NAME = "Harbour Home Services"
LOCK = 7276031
FOLLOW_UPS = 8
GROWING = "public.et_messages, public.et_threads, public.et_outbound_queue, public.dispatch_attempts, public.contacts,\
 public.contact_identities, public.inbound_decisions, public.delivery_receipts, public.moderation_verdicts,\
 private.outbound_work, private.inbound_work, private.moderation_work"
"""What is asked again and again while it grows: without statistics every question would be answered the slow way."""


class Seeded(msgspec.Struct, frozen=True):
    """What is there now, and who may sign in. `password` is None where one was set before, or cannot be."""

    tenant_id: str
    slug: str
    name: str
    is_new: bool
    email: str
    password: str | None
    conversations: int
    messages: int


def slug_of(seed: int) -> str:
    """Each seed has a tenant of its own."""
    return "demo" if seed == 1 else f"demo-{seed}"


def seed_tenant(connection: psycopg.Connection[Any], seed: int, password: str | None, say: Progress) -> Seeded:
    """The tenant of a seed, made unless it is there. `password`: that of the people for show on this machine, if it has
    one; else its staff gets one made now."""
    world, slug = World(connection), slug_of(seed)
    with connection.transaction():
        # Two runs at once: the second finds what the first made.
        connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        tenant = world.value("select id from public.tenants where slug = %s and status <> 'deleted'", slug)
        if tenant is None:
            _build(world, seed, slug, say)
            password = let_in(world, seed, password)
        else:
            world.begin(str(tenant))
        counts = world.rows(
            "select count(*), coalesce(sum(t.last_seq), 0) from public.et_threads as t where t.tenant_id = %s",
            world.tenant_id,
        )[0]
    return Seeded(
        tenant_id=world.tenant_id,
        slug=slug,
        name=_name(seed),
        is_new=tenant is None,
        email=f"mira@{slug}.test",
        password=password,
        conversations=int(counts[0]),
        messages=int(counts[1]),
    )


def remove_tenant(connection: psycopg.Connection[Any], seed: int) -> str:
    """Hide the tenant of a seed, as its owner deletes it, and free its name. Raises NotFound when there is none."""
    world, slug = World(connection), slug_of(seed)
    with connection.transaction():
        tenant = world.value("select id from public.tenants where slug = %s and status <> 'deleted'", slug)
        if tenant is None:
            raise NotFound(f"there is no demo tenant {slug}", remedy="make one with `parley demo --seed`")
        world.begin(str(tenant))
        world.call(house.user_id(seed, 1), "delete_tenant()")
        connection.execute(
            "update public.tenants set slug = slug || '-gone-' || left(md5(id::text), 8) where id = %s", [tenant]
        )
    return str(tenant)


def _name(seed: int) -> str:
    return NAME if seed == 1 else f"{NAME} {seed}"


def _build(world: World, seed: int, slug: str, say: Progress) -> None:
    chance = random.Random(seed)  # noqa: S311 - what people wrote, not what keeps a secret
    now = datetime.now(UTC)
    staff = house.found(world, seed, slug, _name(seed))
    house.connect(world, slug)
    house.teach(world, staff["jonas"])
    talk = Talk(world, staff, chance, now)
    played = script.conversations(seed)
    threads: list[str] = []
    for number, one in enumerate(played, 1):
        threads.append(talk.play(one))
        if number in {20, 80}:
            world.connection.execute(f"analyze {GROWING}".encode())
        say("conversations", number, len(played))
    people = market.Market(world, seed, slug, chance, now)
    chats = script.texts("chats")
    for number, chat in enumerate(chats, 1):
        people.chat(number, chat)
        say("marketplace", number, len(chats))
    people.gather()
    people.review(staff)
    people.trespass()
    by_sms = [
        thread for thread, one in zip(threads, played, strict=True) if one.channel == "sms" and one.end != "closed"
    ]
    market.give_tasks(world, staff, by_sms, now)
    for thread in by_sms[: len(market.TASKS)]:
        talk.moments[thread].append(now - timedelta(hours=3))
    house.manage(world, staff, slug)
    say("the past", 0, 1)
    market.read_insights(world, _insights(dict(zip(threads, played, strict=True)), chance, now))
    past.move(world, {**talk.moments, **people.moments})
    house.rest(world, staff["jonas"])
    say("the past", 1, 1)


def _insights(
    played: dict[str, script.Conversation], chance: random.Random, now: datetime
) -> dict[str, dict[str, Any]]:
    """A line on each conversation; some were promised to be written to again."""
    notes: dict[str, dict[str, Any]] = {}
    promised = 0
    for thread, one in played.items():
        said = one.turns[0].text
        note: dict[str, Any] = {
            "summary": f"{one.person.name}: {said[:140]}",
            "label": one.label,
            "sentiment": round(chance.uniform(-0.4, 0.9), 2),
            "sentiment_label": chance.choice(("neutral", "positive")),
            "language": one.person.language,
            "model": "rules",
            "next_step": "Answer" if one.turns[-1].kind == "in" else "Nothing to do",
        }
        if one.label == "quote" and one.end not in {"closed", "ai"} and promised < FOLLOW_UPS:
            promised += 1
            note |= {
                "follow_up_at": (now + timedelta(hours=10 * promised)).isoformat(),
                "follow_up_text": "Have you had a chance to look at our offer?",
            }
        notes[thread] = note
    return notes


def let_in(world: World, seed: int, password: str | None) -> str | None:
    """Let the staff sign in: with the password of this machine's other people for show, else with one made now."""
    mine = [house.user_id(seed, number) for number in range(1, len(house.STAFF) + 1)]
    hashed = (
        world.value(
            "select max(encrypted_password) from auth.users where id::text like %s and email = 'owner@acme.test'",
            f"{house.IDS}%",
        )
        if password
        else None
    )
    if password is None:
        try:
            import bcrypt
        except ImportError:  # it comes with the local stack; elsewhere people get a link by mail
            return None
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()
    world.connection.execute(
        "update auth.users set encrypted_password = %s where id = any(%s::uuid[])"
        " and coalesce(encrypted_password, '') = ''",
        [hashed, mine],
    )
    return password
