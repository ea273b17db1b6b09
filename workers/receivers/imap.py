"""The IMAP receiver: reads mailboxes that stay where they are (Gmail, Microsoft 365, any provider).

Account: provider `imap`, config `{"imap": {"host", "port", "user", "mailbox", "tls"}}`, secret `password`; or config
`oauth` (see `app.channels.email.oauth`). The cursor holds UIDVALIDITY and the last uid and moves with the mails. A new
account begins with what arrives from now on; after a change of UIDVALIDITY the last days are read again, and what is
there already is recognised by its Message-ID.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from app.channels import outside
from app.channels.email import parse_mail
from app.channels.email.events import to_events, too_large
from app.channels.email.oauth import OAuthError
from app.domain.channels import Session
from app.domain.email import MailLimits
from app.settings import Settings
from workers.receiving.mailbox import TROUBLE, Found, LoginRefusedError, Mailbox, Place
from workers.receiving.polling import MOST, SETTLE_S, Account, Item, Trouble, main
from workers.tokens import TokenKeeper

SLICE_S = 50.0
"""How long one look into IDLE lasts: the account's heartbeat must come before others think that nobody reads it."""
REISSUE_S = 60.0
"""IDLE is given anew long before the 29 minutes of RFC 2177, and the mailbox is looked at: a server whose IDLE says
nothing costs a minute, not the mail."""
AGAIN_S = 3.0
"""After a log-in and after mail came there is a second look: what arrives between a look and IDLE is announced by some
servers too early, by some not at all."""
COMMAND_S = 150.0
"""However slowly a server talks, a command ends within this: below the three minutes after which an account counts as
unread."""
REFUSED_S = 300.0
"""Trying a wrong password often gets an account locked."""
BATCH = 20
BATCH_BYTES = 16 * 1024 * 1024
REREAD = timedelta(days=7)


class ImapReader:
    """Reads one mailbox a call of `read`; each has a thread of its own."""

    provider = "imap"
    proves_address = False
    """Whoever owns an account chooses its server, so being let in there proves nothing about the address."""

    def __init__(self, settings: Settings, *, slice_s: float = SLICE_S, reissue_s: float = REISSUE_S) -> None:
        self._limits = MailLimits(max_attachment_bytes=settings.max_attachment_bytes)
        self._most, self._slice_s, self._reissue_s = settings.max_mail_bytes, slice_s, reissue_s
        self._threads = ThreadPoolExecutor(MOST, thread_name_prefix="imap")
        self._tokens = TokenKeeper(settings)
        self._private_hosts = frozenset(settings.private_host_names())

    async def read(self, account: Account) -> AsyncIterator[list[Item]]:
        """Batches without end. Raises Trouble."""
        box = Mailbox(await self._place(account.session), self._private_hosts)
        try:
            await self._open(box)
            cursor = begin(account.cursor, box)
            yield [] if cursor == account.cursor else [Item(events=[], cursor=cursor)]
            opened, soon = time.monotonic(), True
            while True:
                async for batch in self._new(box, cursor):
                    cursor, soon = batch[-1].cursor, True
                    yield batch
                if cursor.pop("reread", None):
                    yield [Item(events=[], cursor=cursor)]
                async for _ in self._quiet(box, opened, min(AGAIN_S, self._reissue_s) if soon else self._reissue_s):
                    yield []
                soon = False
                # Also when what moved is no mail for us (flags, deletions): the account is alive.
                yield []
                await self._ask(box, box.wake)
                await self._ask(box, box.select)
                if box.uidvalidity != cursor["uidvalidity"]:
                    cursor = begin(cursor, box)
                    yield [Item(events=[], cursor=cursor)]
        except TROUBLE as error:
            raise Trouble("degraded", f"the mail server: {type(error).__name__}: {error}"[:300]) from error
        finally:
            box.hang_up()

    async def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._tokens.close()

    async def _open(self, box: Mailbox) -> None:
        try:
            await self._ask(box, box.open)
        except LoginRefusedError as error:
            # Degraded: what the account sends leaves over another server.
            reason = f"the mail server refuses the log-in: {error}"
            raise Trouble("degraded", reason, pause_s=REFUSED_S, certain=True) from error
        except outside.Refused as error:
            raise Trouble("disconnected", f"config.imap.host: {error}", pause_s=REFUSED_S) from error

    async def _new(self, box: Mailbox, cursor: dict[str, Any]) -> AsyncIterator[list[Item]]:
        since = datetime.fromisoformat(cursor["reread"]) if "reread" in cursor else None
        uids = await self._ask(box, box.newer, cursor["uid"], since)
        while uids:
            batch: list[Item] = []
            held = 0
            while uids and len(batch) < BATCH and held < BATCH_BYTES:
                for found in await self._ask(box, box.fetch, uids[:1], self._most):
                    held += len(found.raw)
                    batch.append(await self._in_thread(self._item, found, cursor, since))
                uids = uids[1:]
            if batch:
                yield batch

    def _item(self, found: Found, cursor: dict[str, Any], since: datetime | None) -> Item:
        moved = {**cursor, "uid": found.uid, "at": (found.arrived or datetime.now(UTC)).isoformat()}
        if found.whole:
            mail = parse_mail(found.raw, envelope_from="?@?", envelope_to=[], limits=self._limits)
        else:
            mail = too_large(found.raw, found.size, self._limits, self._most)
        # Read again after UIDVALIDITY changed: what was written long before is no news, whenever it was moved there.
        if since is not None and mail.sent_at is not None and mail.sent_at < since - timedelta(days=1):
            return Item(events=[], cursor=moved)
        return Item(events=to_events(mail), cursor=moved)

    async def _quiet(self, box: Mailbox, opened: float, lasting_s: float) -> AsyncIterator[None]:
        """Once a slice while nothing moves; ends when something did, or when IDLE is to be given anew."""
        until = time.monotonic() + lasting_s
        while time.monotonic() < until:
            # Once it was open for that long the account counts as well again, and is to be told so.
            settled = time.monotonic() - opened > SETTLE_S
            slice_s = self._slice_s if settled else min(SETTLE_S + 0.5, self._slice_s)
            moved = await self._ask(box, box.wait, min(slice_s, max(0.1, until - time.monotonic())))
            if moved:
                # A server without IDLE answers at once: asking twice a slice is enough.
                await asyncio.sleep(0 if box.idling else self._slice_s / 2)
                return
            yield

    async def _place(self, session: Session) -> Place:
        given = session.config.get("imap")
        given = given if isinstance(given, dict) else {}
        host, tls = str(given.get("host") or ""), str(given.get("tls") or "tls")
        if not host or tls not in {"tls", "starttls", "none"}:
            raise Trouble("disconnected", "config.imap needs a host, and tls is tls, starttls or none")
        token = None
        if session.config.get("oauth"):
            try:
                token = await self._tokens.fresh(session)
            except OAuthError as error:
                raise Trouble("disconnected" if error.final else "degraded", str(error)) from error
        elif not session.secrets.get("password"):
            raise Trouble("disconnected", "the account has no secret password")
        try:
            port = int(given.get("port") or (993 if tls == "tls" else 143))
        except (TypeError, ValueError):
            raise Trouble("disconnected", "config.imap.port is no number") from None
        return Place(
            host=host, port=port, tls=tls, user=str(given.get("user") or session.address),
            mailbox=str(given.get("mailbox") or "INBOX"), password=session.secrets.get("password"), token=token,
        )  # fmt: skip

    async def _ask(self, box: Mailbox, call: Any, *arguments: Any) -> Any:
        """What the server answers; a server that takes too long is hung up on, so that its thread is free again."""
        try:
            async with asyncio.timeout(COMMAND_S) as limit:
                return await self._in_thread(call, *arguments)
        except TimeoutError as error:
            if not limit.expired():
                raise
            box.hang_up()
            raise OSError(f"no end of an answer within {COMMAND_S:g} s") from error

    async def _in_thread(self, call: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


def begin(cursor: dict[str, Any], box: Mailbox) -> dict[str, Any]:
    """Where to read on: the cursor as it is, the end of a new account's mailbox, or the last days when the uids mean
    something else now."""
    if cursor.get("uidvalidity") == box.uidvalidity:
        return cursor
    now = datetime.now(UTC).isoformat()
    if "uidvalidity" not in cursor:
        return {"uidvalidity": box.uidvalidity, "uid": max(0, box.uidnext - 1), "since": now, "at": now}
    since, last = (datetime.fromisoformat(cursor[name]) for name in ("since", "at"))
    reread = max(since, last - REREAD).isoformat()
    return {**cursor, "uidvalidity": box.uidvalidity, "uid": 0, "reread": reread}


if __name__ == "__main__":
    main(ImapReader)
