"""A marketplace in small: a customer, providers, and what they do, each signed in as himself."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World


@dataclass(frozen=True)
class Person:
    """A contact and the sign-in linked to it."""

    contact: uuid.UUID
    user: uuid.UUID


@dataclass(frozen=True)
class Market:
    """One tenant's marketplace; every verb is one RPC."""

    world: World
    tenant: Tenant
    ann: Person
    """The customer."""
    rob: Person
    """A provider."""
    people: dict[str, Person] = field(default_factory=dict)

    def call(self, who: Person | str, call: str, *values: Any) -> Row:
        """`select public.<call>` as a person, or as the member of the tenant with this role."""
        given = [Jsonb(value) if isinstance(value, dict) else value for value in values]
        if isinstance(who, str):
            return dict(self.world.rpc(self.tenant.people[who], self.tenant, call, *given))
        return dict(self.world.rpc(who.user, None, call, *given))

    def project(self, **more: Any) -> Row:
        """Ann wants something done."""
        return self.call(self.ann, "create_project(%s, %s)", {"title": "A new roof", **more}, self.tenant.slug)  # fmt: skip

    def card(self, *, publish: bool = True, **more: Any) -> Row:
        """Ann asks for bids."""
        card = {"title": "Tiles", "publish": publish, **more}
        return self.call(self.ann, "create_bid_card(%s, %s)", card, self.tenant.slug)

    def bid(self, card: Row, who: Person | None = None, **more: Any) -> Row:
        """A provider bids."""
        return self.call(who or self.rob, "submit_bid(%s, %s)", card["id"], {"amount": 1000, **more})

    def set(self, who: Person | str, kind: str, row: Row, status: str) -> Row:
        """Bring a row to a status."""
        return self.call(who, f"set_{kind}_status(%s, %s)", row["id"], status)

    def booking(self, who: Person | None = None, **more: Any) -> Row:
        """A booking between Ann and Rob, by default asked for by her."""
        other = {"customer_id": str(self.ann.contact)} if who is self.rob else {"provider_id": str(self.rob.contact)}
        return self.call(who or self.ann, "create_booking(%s, %s)", {"title": "Visit", **other, **more},
                         self.tenant.slug)  # fmt: skip

    def told(self, a: Person, b: Person) -> list[Row]:
        """System messages in the conversation of two people, oldest first."""
        return self.world.all(
            "select m.body, m.metadata, m.context_kind, m.context_id from public.et_messages as m"
            " inner join public.et_threads as t on t.tenant_id = m.tenant_id and t.id = m.thread_id"
            " where t.tenant_id = %s and m.message_type = 'system' and t.contact_id = any(%s)"
            " and t.other_contact_id = any(%s) order by m.seq",
            self.tenant.id, [a.contact, b.contact], [a.contact, b.contact],
        )  # fmt: skip


def person(world: World, tenant: Tenant, kind: str, name: str | None = None) -> Person:
    """A contact of a kind with a sign-in of its own."""
    user = world.user()
    made = world.value(
        "insert into public.contacts (tenant_id, kind, display_name) values (%s, %s, %s) returning id",
        tenant.id, kind, name,
    )  # fmt: skip
    world.owner.execute(
        "insert into public.contact_identities (tenant_id, contact_id, kind, address, verified_at)"
        " select %s, %s, 'email', email, now() from auth.users where id = %s", [tenant.id, made, user],
    )  # fmt: skip
    world.owner.execute("update public.contacts set auth_user_id = %s where tenant_id = %s and id = %s",
                        [user, tenant.id, made])  # fmt: skip
    return Person(made, user)


def market(world: World) -> Market:
    """A new tenant with Ann, a customer, and Rob, a provider."""
    tenant = world.tenant("agent", "viewer", "admin")
    return Market(world, tenant, person(world, tenant, "customer", "Ann"), person(world, tenant, "provider", "Rob"))
