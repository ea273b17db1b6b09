"""People who write to each other: sign-ins linked to contacts, the contexts they share, and every call as they make it."""

import uuid
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World


@dataclass(frozen=True)
class Person:
    """Somebody with a sign-in who is a contact of one tenant."""

    user: uuid.UUID
    contact: uuid.UUID
    name: str


class Chat:
    """A tenant whose people write to each other."""

    def __init__(self, world: World, tenant: Tenant | None = None, **settings: Any) -> None:
        self.world = world
        self.tenant = tenant or world.tenant("agent", "admin", **{"sends_per_minute": 1000, **settings})

    def contact(self, name: str = "Ann", kind: str = "customer") -> tuple[uuid.UUID, str]:
        """A contact without a sign-in, and his address."""
        email = f"{uuid.uuid4().hex[:12]}@people.test"
        made: uuid.UUID = self.world.one(
            "insert into public.contacts (tenant_id, display_name, kind) values (%s, %s, %s) returning id",
            self.tenant.id, name, kind,
        )["id"]  # fmt: skip
        self.world.owner.execute(
            "insert into public.contact_identities (tenant_id, contact_id, kind, address) values (%s, %s, 'email', %s)",
            [self.tenant.id, made, email],
        )
        return made, email

    def person(self, name: str = "Ann", kind: str = "customer") -> Person:
        """A contact who has confirmed his address and linked his sign-in."""
        contact, email = self.contact(name, kind)
        user = self.world.user(email)
        assert self.world.rpc(user, None, "claim_contact(%s)", self.tenant.slug)["contact_id"] == str(contact)
        return Person(user, contact, name)

    def share(self, *people: Person | uuid.UUID, kind: str = "booking", context: str | None = None) -> str:
        """Put people into one context; answers its id."""
        context = context or uuid.uuid4().hex
        for person in people:
            contact = person.contact if isinstance(person, Person) else person
            self.world.owner.execute(
                "select private.set_context_participant(%s, %s, %s, %s)", [self.tenant.id, kind, context, contact]
            )
        return context

    def part(self, person: Person, context: str, kind: str = "booking") -> None:
        """Take a person out of a context."""
        self.world.owner.execute(
            "select private.end_context_participant(%s, %s, %s, %s)", [self.tenant.id, kind, context, person.contact]
        )

    def pair(self, **settings: Any) -> tuple[Person, Person]:
        """A customer and a provider who share a booking."""
        self.world.configure(self.tenant, **settings)
        ann, bob = self.person("Ann"), self.person("Bob", "provider")
        self.share(ann, bob)
        return ann, bob

    def call(self, person: Person | uuid.UUID, name: str, **arguments: Any) -> Row:
        """`select public.<name>(p_… => …)` as somebody, without any active tenant: as a front end calls it."""
        return call(self.world, person.user if isinstance(person, Person) else person, name, **arguments)

    def start(self, person: Person, other: Person, **arguments: Any) -> Row:
        """start_thread() with one person."""
        return self.call(person, "start_thread", contact_id=other.contact, **arguments)

    def say(self, person: Person, thread: Any, body: str = "Hello", **arguments: Any) -> Row:
        """send_message() in a conversation."""
        arguments.setdefault("client_message_id", uuid.uuid4().hex)
        return self.call(person, "send_message", thread_id=thread, body=body, **arguments)

    def page(self, person: Person, thread: Any, since: int = 0, **arguments: Any) -> Row:
        """poll_messages()."""
        return self.call(person, "poll_messages", thread_id=thread, since=since, **arguments)

    def bodies(self, person: Person, thread: Any) -> list[str]:
        """What somebody reads in a conversation."""
        return [message["body"] for message in self.page(person, thread)["messages"]]

    def list(self, person: Person, **arguments: Any) -> list[Row]:
        """The items of list_conversations()."""
        items: list[Row] = self.call(person, "list_conversations", **arguments)["items"]
        return items

    def limit(self, kind: str, value: int) -> None:
        """A limit of the tenant's own."""
        self.world.owner.execute(
            "insert into public.message_limits (tenant_id, channel, kind, max_value) values (%s, 'in_app', %s, %s)"
            " on conflict (tenant_id, channel, kind) do update set max_value = excluded.max_value",
            [self.tenant.id, kind, value],
        )

    def sound(self) -> None:
        """Every invariant holds in the tenant."""
        assert self.world.violations(self.tenant) == {}


def call(world: World, user: Any, name: str, connection: Any = None, **arguments: Any) -> Row:
    """A client function by named arguments, as a signed-in user who has no active tenant."""
    named = ", ".join(f"p_{key} => {mark(value)}" for key, value in arguments.items())
    values = [Jsonb(value) if isinstance(value, dict) else value for value in arguments.values()]
    return dict(world.rpc(user, None, f"{name}({named})", *values))


def mark(value: Any) -> str:
    """The placeholder of an argument, cast where its type is not told by itself."""
    if isinstance(value, list):
        return "%s::uuid[]"
    return "%s::uuid" if isinstance(value, uuid.UUID) else "%s"
