"""Conversations in which nothing moves by itself: what a page asks for there is what opening them costs."""

import uuid
from collections.abc import Callable
from typing import Any

from tests.browser.visitors import ACME
from tests.workers.harness import Room

LENGTH = 260
THREAD = (
    "with c as (insert into public.contacts (tenant_id, display_name) values (%(tenant)s, %(name)s) returning id), i as"
    " (insert into public.contact_identities (tenant_id, contact_id, kind, address) select %(tenant)s, id, 'email',"
    " %(address)s from c) insert into public.et_threads (tenant_id, channel, channel_session_id, contact_id, scope_rule,"
    " scope_key, folder, status, control, last_seq, last_rev, last_inbound_seq, staff_read_seq, unread_count,"
    " last_message_at, last_direction, preview) select %(tenant)s, 'email', %(session)s, id, 'explicit', 'x:' || %(name)s,"
    " 'inbox', 'open', 'human', %(length)s, %(length)s, %(length)s, %(length)s::int - %(unread)s::int, %(unread)s, now(),"
    " 'inbound', 'Quiet' from c returning id, contact_id"
)
MESSAGES = (
    "insert into public.et_messages (tenant_id, thread_id, seq, rev, channel, channel_session_id, direction,"
    " delivery_status, sender_kind, sender, sender_contact_id, body, external_message_id) select %(tenant)s, %(thread)s,"
    " s, s, 'email', %(session)s, 'inbound', 'inbound_human_takeover', 'contact', 'contact:' || %(contact)s,"
    " %(contact)s::uuid, 'Line ' || s || ' of many', %(thread)s::text || s"
    " from generate_series(%(first)s::int, %(last)s::int) as s"
)
GROWN = (
    "update public.et_threads set last_seq = %(last)s, last_rev = %(last)s, last_inbound_seq = %(last)s, unread_count ="
    " unread_count + %(last)s::int - %(first)s::int + 1, last_message_at = now() where id = %(thread)s"
)
NOTE = (
    "insert into public.thread_notes (tenant_id, thread_id, note, author) values"
    " (%(tenant)s, %(thread)s, 'A note', 'user:' || gen_random_uuid())"
)
LAST_SENT = (
    "select external_message_id from public.et_messages where tenant_id = %s and direction = 'outbound'"
    " order by created_at desc limit 1"
)


class Quiet:
    """Made row by row: no worker answers in them."""

    def __init__(self) -> None:
        self.made = 0
        self.values: dict[str, Any] = {}

    def actions(self, room: Callable[[], Room]) -> dict[str, Callable[[], object]]:
        """What a suite asks for by these names."""
        return {
            "/quiet": lambda: self.make(room(), 0), "/quiet-60": lambda: self.make(room(), 60),
            "/quiet-200": lambda: self.make(room(), 200), "/quiet-grows": lambda: self.grow(room(), 150),
            "/quiet-more": lambda: self.grow(room(), 1), "/arrived": lambda: self.arrived(room()),
        }  # fmt: skip

    def make(self, room: Room, unread: int) -> dict[str, str]:
        """A long one with a note, of which the staff has read all but the last so many."""
        self.made += 1
        name = f"Quiet Number {self.made}"
        owner = room.world.owner
        self.values = {"tenant": ACME.id, "session": ACME.session, "name": name, "unread": unread, "length": LENGTH,
                       "address": f"quiet{uuid.uuid4().hex}@people.test", "first": 1, "last": LENGTH}  # fmt: skip
        with owner.transaction():
            thread = owner.execute(THREAD, self.values).fetchone()
            self.values |= {"thread": thread["id"], "contact": thread["contact_id"]}
            owner.execute(MESSAGES, self.values)
            owner.execute(NOTE, self.values)
        return {"name": name, "thread": str(thread["id"])}

    def grow(self, room: Room, by: int) -> dict[str, str]:
        """More comes into the one made last, and nobody is told."""
        last = self.values["last"]
        self.values |= {"first": last + 1, "last": last + by}
        with room.world.owner.transaction():
            room.world.owner.execute(MESSAGES, self.values)
            room.world.owner.execute(GROWN, self.values)
        return {"text": f"Line {last + by} of many"}

    def arrived(self, room: Room) -> None:
        """The provider reports that what was sent last has arrived."""
        room.world.receipt(ACME, "delivered", room.world.value(LAST_SENT, ACME.id))
