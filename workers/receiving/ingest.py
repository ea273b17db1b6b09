"""From a parsed mail to committed rows: one transaction for all recipients. No SMTP here, and nothing is decided."""

from collections.abc import Sequence

import msgspec

from app.channels.email.events import to_events
from app.db import worker as db
from app.db.inbound import Place, store
from app.domain.email import ParsedMail


class Mailbox(msgspec.Struct, frozen=True):
    """The channel session a recipient address belongs to."""

    tenant_id: str
    session_id: str


class Ingested(msgspec.Struct, frozen=True):
    """Where one mail is in one mailbox; `new` is False when it was there already."""

    mailbox: Mailbox
    message_id: str
    thread_id: str
    new: bool


async def find_mailbox(connection: db.Connection, address: str) -> Mailbox | None:
    """The mailbox behind a normalised address; `name+tag@…` is `name@…` unless it exists by itself."""
    local, _, domain = address.rpartition("@")
    for candidate in dict.fromkeys((address, f"{local.partition('+')[0]}@{domain}")):
        rows = await db.fetch(connection, "inbound", "find_inbound_session", channel="email", address=candidate)
        if rows:
            return Mailbox(rows[0]["tenant_id"], rows[0]["session_id"])
    return None


async def ingest(connection: db.Connection, mail: ParsedMail, mailboxes: Sequence[Mailbox]) -> list[Ingested]:
    """Write one mail into all `mailboxes`, or nothing. Sorted, so that two copies of one mail cannot deadlock."""
    done: list[Ingested] = []
    events = to_events(mail)
    async with connection.transaction():
        for mailbox in sorted(set(mailboxes), key=lambda box: (box.tenant_id, box.session_id)):
            # A report is the same report whichever way its mail came in.
            place = Place(mailbox.tenant_id, mailbox.session_id, "email", "email")
            (stored,) = await store(connection, place, events)
            done.append(Ingested(mailbox, stored.message_id, stored.thread_id, stored.new))
    return done
