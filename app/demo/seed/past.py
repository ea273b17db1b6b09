"""What was done within a second is moved over the month: the one thing no function does. Nobody can act in the past.

In the seed's own transaction, in its own tenant. The triggers that keep moments as they are rest for these statements
alone; their tables are locked against every other writer until the commit.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.demo.seed.world import World

GUARDS = {
    "public.et_messages": "et_messages_200_guard",
    "public.moderation_verdicts": "moderation_verdicts_100_append_only",
    "public.blocked_messages_log": "blocked_messages_log_100_append_only",
}
MOVES = """
create temporary table demo_moves on commit drop as
select m.id as message_id, m.thread_id, m.seq, x.at - m.created_at as by
from unnest(%s::uuid[], %s::bigint[], %s::timestamptz[]) as x (thread_id, seq, at)
inner join public.et_messages as m on m.tenant_id = %s and m.thread_id = x.thread_id and m.seq = x.seq"""
BY_MESSAGE = {
    "public.et_outbound_queue": ("message_id", ("created_at", "finished_at")),
    "public.delivery_receipts": ("message_id", ("received_at", "applied_at", "occurred_at")),
    "public.moderation_verdicts": ("message_id", ("created_at",)),
    "public.blocked_messages_log": ("message_id", ("blocked_at",)),
    "private.message_originals": ("message_id", ("kept_at",)),
    "public.moderation_reviews": ("message_id", ("opened_at", "due_at", "first_claimed_at", "decided_at")),
    "public.manual_tasks": ("message_id", ("created_at",)),
    "public.et_messages": ("id", ("created_at", "occurred_at")),
}
"""Table → the column that names the message, and its moments."""
REST = (
    "update public.et_outbound_queue as x set scheduled_at = x.created_at from demo_moves as d"
    " where x.tenant_id = %(tenant)s and x.message_id = d.message_id and x.status <> 'queued'",
    "update public.dispatch_attempts as a set claimed_at = a.claimed_at + d.by, send_started_at = a.send_started_at"
    " + d.by, finished_at = a.finished_at + d.by from demo_moves as d inner join public.et_outbound_queue as q"
    " on q.message_id = d.message_id where a.tenant_id = %(tenant)s and q.tenant_id = a.tenant_id"
    " and a.queue_id = q.id",
    "update public.inbound_decisions as x set created_at = x.created_at + d.by from demo_moves as d"
    " where x.tenant_id = %(tenant)s and x.thread_id = d.thread_id and x.last_seq = d.seq",
    # What is said of a whole conversation was so when its newest message was written.
    "create temporary table demo_ends on commit drop as select distinct on (thread_id) thread_id, by"
    " from demo_moves order by thread_id, seq desc",
    "update public.et_threads as t set last_message_at = t.last_message_at + e.by, closed_at = t.closed_at + e.by,"
    " created_at = (select min(m.created_at) from public.et_messages as m where m.tenant_id = t.tenant_id"
    " and m.thread_id = t.id) from demo_ends as e where t.tenant_id = %(tenant)s and t.id = e.thread_id",
    "update public.notifications as x set created_at = x.created_at + e.by from demo_ends as e"
    " where x.tenant_id = %(tenant)s and x.thread_id = e.thread_id",
    "update public.et_thread_insights as x set updated_at = x.updated_at + e.by from demo_ends as e"
    " where x.tenant_id = %(tenant)s and x.thread_id = e.thread_id",
    "update public.thread_participants as x set last_activity_at = x.last_activity_at + e.by, last_read_at ="
    " x.last_read_at + e.by, last_delivered_at = x.last_delivered_at + e.by, joined_at = (select t.created_at"
    " from public.et_threads as t where t.tenant_id = x.tenant_id and t.id = x.thread_id) from demo_ends as e"
    " where x.tenant_id = %(tenant)s and x.thread_id = e.thread_id",
    "update public.contacts as c set created_at = f.at from (select t.contact_id, min(t.created_at) as at"
    " from public.et_threads as t where t.tenant_id = %(tenant)s group by t.contact_id) as f"
    " where c.tenant_id = %(tenant)s and c.id = f.contact_id",
)

COUNTED = {
    "deliveries": ("public.et_outbound_queue", "created_at"),
    "attempts": ("public.dispatch_attempts", "claimed_at"),
    "decisions": ("public.inbound_decisions", "created_at"),
    "moderation": ("public.moderation_verdicts", "created_at"),
}
"""Metric of the board → what is counted, and its moment. Messages are counted after the commit, where they are then."""


def move(world: World, moments: Mapping[str, Sequence[datetime]]) -> None:
    """Thread id → when each of its messages was written, in their order."""
    rows = [(thread, seq, at) for thread, times in moments.items() for seq, at in enumerate(times, 1)]
    # What waits for the commit would keep the triggers from being switched.
    world.connection.execute("set constraints all immediate")
    for table, trigger in GUARDS.items():
        world.connection.execute(f"alter table {table} disable trigger {trigger}".encode())
    threads, seqs, times = zip(*rows, strict=True)
    world.connection.execute(MOVES, [list(threads), list(seqs), list(times), world.tenant_id])
    for table, (key, columns) in BY_MESSAGE.items():
        moved = ", ".join(f"{name} = x.{name} + d.by" for name in columns)
        world.connection.execute(
            f"update {table} as x set {moved} from demo_moves as d"  # noqa: S608 - names of this file
            f" where x.tenant_id = %(tenant)s and x.{key} = d.message_id".encode(), {"tenant": world.tenant_id},
        )  # fmt: skip
    for statement in REST:
        world.connection.execute(statement.encode(), {"tenant": world.tenant_id})
    for metric, (table, moment) in COUNTED.items():
        world.connection.execute(
            f"update private.rollup_moves as m set at = x.{moment} from {table} as x"  # noqa: S608 - names of this file
            " where m.tenant_id = %(tenant)s and m.metric = %(metric)s and x.tenant_id = m.tenant_id"
            " and x.id = m.ref".encode(), {"tenant": world.tenant_id, "metric": metric},
        )  # fmt: skip
    for table, trigger in GUARDS.items():
        world.connection.execute(f"alter table {table} enable trigger {trigger}".encode())
