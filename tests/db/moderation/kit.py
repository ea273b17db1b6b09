"""People whose words are judged: a tenant with a policy, what a judge is told, and the verdicts he gives."""

from typing import Any

from psycopg.types.json import Jsonb

from tests.db.chat.kit import Chat, Person
from tests.db.helpers import Row, Tenant, World

EVERYTHING = {"people": {"before": {}, "after": {}}, "agent": {"after": {}}, "ai": {"after": {}}, "template": {"after": {}}}  # fmt: skip
"""Every lane there is."""


class Judged(Chat):
    """A tenant that has what its people write judged."""

    def __init__(self, world: World, lanes: Row | None = None, tenant: Tenant | None = None, **settings: Any) -> None:
        super().__init__(world, tenant, **settings)
        self.decree({"regions": ["US"], "window": 5, "lanes": EVERYTHING if lanes is None else lanes})

    def decree(self, document: Row) -> int:
        """A new version of the policy, in force at once."""
        version: int = self.world.value(
            "insert into public.moderation_policies (tenant_id, version, document, created_by)"
            " select %s, 1 + coalesce(max(p.version), 0), %s, 'test' from public.moderation_policies as p"
            " where p.tenant_id = %s returning version",
            self.tenant.id, Jsonb(document), self.tenant.id,
        )  # fmt: skip
        self.world.owner.execute(
            "insert into public.active_moderation (tenant_id, version, activated_by) values (%s, %s, 'test')"
            " on conflict (tenant_id) do update set version = excluded.version",
            [self.tenant.id, version],
        )
        return version

    def inputs(self, message: Any) -> Row:
        """What a judge is told of a message that waits."""
        row = self.world.worker.execute(
            "select private.moderation_inputs(%s, %s) as i", [self.tenant.id, message]
        ).fetchone()
        assert row is not None
        return row["i"]  # type: ignore[no-any-return]

    def verdict(self, inputs: Row, decision: str = "approved", **more: Any) -> Row:
        """What the rules say of these inputs."""
        return {
            "digest": inputs["digest"], "policy_version": inputs["policy_version"], "lane": inputs["lane"],
            "stage": inputs["stage"], "decider": "rules", "decision": decision, "kinds": [], "confidence": 0.9,
            "verdict": f'{{"decision":"{decision}"}}', "inputs": {"earlier": [], "regions": ["US"]},
            "comments": [], **more,
        }  # fmt: skip

    def record(self, message: Any, verdict: Row, fence: int | None = None) -> Row:
        """record_verdict() as the moderator calls it."""
        row = self.world.worker.execute(
            "select private.record_verdict(%s, %s, %s, %s) as r", [self.tenant.id, message, Jsonb(verdict), fence]
        ).fetchone()
        assert row is not None
        return row["r"]  # type: ignore[no-any-return]

    def judge(self, message: Any, decision: str = "approved", **more: Any) -> Row:
        """Judge what waits, now; a mask is `masked`."""
        if decision == "filtered":
            more.setdefault("filtered_content", "[masked]")
        return self.record(message, self.verdict(self.inputs(message), decision, **more))

    def decide(self, message: Any, decision: str, **more: Any) -> Row:
        """What a person decides of a message that was judged before."""
        digest = self.world.value("select encode(digest, 'hex') from private.newest_verdict(%s, %s)",
                                  self.tenant.id, message)  # fmt: skip
        return self.record(message, {"digest": digest, "decider": "person", "decided_by": "user:reviewer",
                                     "decision": decision, **more})  # fmt: skip

    def claim(self, worker: str = "m1", limit: int = 10) -> list[Row]:
        """Claim what waits, of this tenant alone."""
        rows = self.world.worker.execute("select * from private.claim_moderation(%s, %s)", [worker, limit]).fetchall()
        return [dict(row) for row in rows if row["tenant_id"] == self.tenant.id]

    def status(self, message: Any) -> str:
        """The moderation status of a message."""
        return str(self.world.message(message)["moderation_status"])

    def talk(self) -> tuple[Person, Person, str]:
        """Two who share a booking, and their conversation with a first message that was approved."""
        ann, bob = self.pair()
        first = self.start(ann, bob, body="One")
        self.judge(first["message_id"])
        return ann, bob, first["thread_id"]
