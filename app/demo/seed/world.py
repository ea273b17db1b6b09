"""What the demo tenant is made with: each method is one thing a receiver, a worker or a person does."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from app.errors import ParleyError
from app.moderation.gate import judge_inputs, read_inputs

WORKER = "demo-seed"
Values = dict[str, Any]


class World:
    """The tenant being made, over the owner's connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.tenant_id = ""
        self.sessions: dict[str, str] = {}
        self.providers: dict[str, str] = {}
        self.others: list[str] = []
        self._count = 0

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """The rows of a statement."""
        return self.connection.execute(statement.encode(), values).fetchall()

    def value(self, statement: str, *values: Any) -> Any:
        """The first value of the first row; None without one."""
        row = self.connection.execute(statement.encode(), values).fetchone()
        return None if row is None else row[0]

    def begin(self, tenant_id: str) -> None:
        """Work in this tenant from here on; what waits in others is nobody's business."""
        self.tenant_id = tenant_id
        self.others = [str(one) for (one,) in self.rows("select id from public.tenants where id <> %s", tenant_id)]

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def acting(self, user_id: str) -> Iterator[None]:
        """The block's calls are those of a person who is signed in."""
        claims = {"role": "authenticated", "sub": user_id, "app_metadata": {"tenant_id": self.tenant_id or None}}
        self.connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
        self.connection.execute("set local role authenticated")
        yield
        self.connection.execute("reset role")
        self.connection.execute("select set_config('request.jwt.claims', '', true)")

    def call(self, user_id: str, call: str, *values: Any) -> Any:
        """`select public.<call>` as a person. Raises ParleyError when it was denied."""
        with self.acting(user_id):
            answer = self.value(f"select public.{call}", *values)
        if isinstance(answer, dict) and answer.get("status") in {403, 404}:
            raise ParleyError(f"{call.partition('(')[0]} was denied: {answer}")
        return answer

    # ── what a receiver and the inbound worker do ────────────────────────────────────────────────────────────────

    def receive(self, channel: str, sender: str, name: str, subject: str | None, bodies: Sequence[str]) -> str:
        """Messages of one sender come in, one after the other; their thread."""
        rows = []
        for body in bodies:
            self._count += 1
            key = f"demo-{self.tenant_id}-{self._count}"
            rows.append({
                "tenant_id": self.tenant_id, "channel": channel, "channel_session_id": self.sessions[channel],
                "sender_address": sender, "sender_name": name, "subject": subject, "body": body,
                "external_message_id": key, "metadata": {"message_id": f"{key}@people.test"},
                "content_digest": "\\x" + hashlib.sha256(f"{sender}\n{body}".encode()).hexdigest(),
            })  # fmt: skip
        return str(self.rows("select thread_id from private.ingest_messages(%s)", Jsonb(rows))[0][0])

    def decide(self, decision: Values) -> Values:
        """Claim what waits in this tenant (one burst), and decide it."""
        claimed = self.rows(
            "select tenant_id, thread_id, fence, last_seq, control, control_epoch from private.claim_inbound(%s, 100,"
            " p_except => %s)", WORKER, self.others,
        )  # fmt: skip
        done: Values = {}
        for tenant_id, thread_id, fence, last_seq, control, epoch in claimed:
            if str(tenant_id) != self.tenant_id:
                # One that killed its workers, of another tenant: a claim may bring it along.
                self.value("select private.release_inbound(%s, %s, %s)", tenant_id, thread_id, fence)
                continue
            told = decision if control == "ai" else {"action": "human_takeover", "decider": "rules"}
            told = {"control_epoch": epoch, "policy_version": 1, "worker": WORKER, **told}
            done = self.value("select private.complete_inbound(%s, %s, %s, %s, %s)", tenant_id, thread_id, fence,
                              last_seq, Jsonb(told))  # fmt: skip
        return done

    # ── what the moderator does ──────────────────────────────────────────────────────────────────────────────────

    def judge(self) -> None:
        """Judge what waits in this tenant, by the rules."""
        for (message_id,) in self.rows(
            "select message_id from private.moderation_work where tenant_id = %s", self.tenant_id
        ):
            inputs = self.value("select private.moderation_inputs(%s, %s)", self.tenant_id, message_id)
            self.value("select private.record_verdict(%s, %s, %s, null)", self.tenant_id, message_id,
                       Jsonb(msgspec.to_builtins(judge_inputs(read_inputs(inputs)))))  # fmt: skip

    # ── what the router does, and what providers tell ────────────────────────────────────────────────────────────

    def send(self, queue_id: str, channel: str, outcome: Values) -> str | None:
        """Hand a queued message to its provider, which answers with `outcome`; None where a rule keeps it."""
        # What is written within a second was written over a month: no slot is due to another.
        self.connection.execute("delete from private.send_slots where tenant_id = %s", [self.tenant_id])
        claimed = self.rows(
            "select c.fence from private.outbound_work as w cross join lateral private.claim_one_outbound(%s, w) as c"
            " where w.tenant_id = %s and w.queue_id = %s", WORKER, self.tenant_id, queue_id,
        )  # fmt: skip
        if not claimed:
            return None
        fence = claimed[0][0]
        if outcome["kind"] != "manual":
            self.value("select private.mark_send_started(%s, %s, %s)", self.tenant_id, queue_id, fence)
        told = {"provider": self.providers[channel], **outcome}
        if outcome["kind"] == "accepted":
            told["provider_message_id"] = f"demo-{queue_id}"
        return str(self.value("select private.complete_outbound(%s, %s, %s, %s)", self.tenant_id, queue_id, fence,
                              Jsonb(told)))  # fmt: skip

    def hear(self, queue_id: str, channel: str, kind: str, **more: Any) -> None:
        """The provider tells what became of a message it took."""
        receipt = {"provider": self.providers[channel], "event_id": f"demo-{queue_id}-{kind}", "kind": kind,
                   "external_message_id": f"demo-{queue_id}", "channel": channel, **more}  # fmt: skip
        self.value("select private.record_receipt(%s, %s)", self.tenant_id, Jsonb(receipt))

    def queue_of(self, message_id: str) -> str:
        """The queue row of a message."""
        return str(self.value("select id from public.et_outbound_queue where tenant_id = %s and message_id = %s",
                              self.tenant_id, message_id))  # fmt: skip
