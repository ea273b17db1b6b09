"""The operations of the logs, of the admin's viewer and of broadcasts, with examples from the same small world."""

from app.domain.broadcasts import Broadcast, BroadcastMade, BroadcastRead
from app.domain.invariants import Invariant
from app.domain.viewer import FoundConversation, FoundConversations, ViewedMessage, ViewedPerson, ViewedThread
from app.http import audit, broadcasts, viewer
from app.http.openapi import market
from app.http.openapi import world as w
from app.http.openapi.shown import Shown
from app.http.types import Listing

PEOPLE = [
    ViewedPerson(w.CONTACT, w.CONTACT_ROW.auth_user_id, "customer", "Ann Miller"),
    ViewedPerson(market.PROVIDER, w.AGENT, "provider", "Rob"),
]
FOUND = FoundConversation(
    w.THREAD, "direct", "The boiler", "open", "booking", str(market.BOOKING), PEOPLE, 3, market.LATER, market.MADE
)
MESSAGE = ViewedMessage(
    w.QUESTION, 1, f"user:{w.AGENT}", market.PROVIDER, "text", "approved", "I am there at nine.", market.MADE,
    market.SOON, market.LATER,
)  # fmt: skip
NEWS = Broadcast(
    market.NEWS, "We move to a new office.", "context", "customer", "booking", str(market.BOOKING), "done", 120,
    f"user:{w.OWNER}", market.MADE, market.SOON,
)  # fmt: skip
READ = BroadcastRead(
    NEWS.id, NEWS.body, "all", None, None, None, "done", 120, 71, NEWS.created_by, market.MADE, market.SOON
)
WHY = "Complaint 4711: she says he never came."

VIEWING: dict[str, Shown] = {
    "list_audit_log": Shown(Listing([w.AUDIT], w.CURSOR), "admin", problems=("bad_cursor",)),
    "list_access_denials": Shown(Listing([w.DENIAL], w.CURSOR), "admin", problems=("bad_cursor",)),
    "export_audit_log": Shown(
        Listing([w.AUDIT], w.CURSOR), "admin",
        audit.AuditExport("thread.take_over", "thread", str(w.THREAD), w.HEAD.created_at, market.LATER, w.CURSOR, 1000,
                          f"user:{w.AGENT}"),
        ("bad_cursor",),
    ),
    "export_access_denials": Shown(
        Listing([w.DENIAL], w.CURSOR), "admin",
        audit.DenialsExport("get_thread", "thread", str(w.THREAD), w.HEAD.created_at, market.LATER, w.CURSOR, 1000),
        ("bad_cursor",),
    ),
    "list_invariants": Shown(
        Listing([Invariant("accepted_at_most_once", "No queue row was accepted by a provider twice.", 0, market.MADE)]),
        "read",
    ),
    "find_conversations": Shown(
        FoundConversations([FOUND], has_more=True), "admin",
        viewer.ViewSearch(WHY, w.CONTACT, "booking", str(market.BOOKING), market.LATER, w.THREAD, 50),
        ("not_found", "bad_context", "reason_missing"),
    ),
    "view_conversation": Shown(
        ViewedThread(w.THREAD, "direct", 3, PEOPLE, has_more=False, messages=[MESSAGE]), "admin",
        viewer.View(WHY, 4, 50), ("reason_missing",),
    ),
    "list_broadcasts": Shown(Listing([NEWS], w.CURSOR), "read", problems=("bad_cursor",)),
    "create_broadcast": Shown(
        BroadcastMade(NEWS.id, "running", created=True), "admin",
        broadcasts.NewBroadcast("We move to a new office.", NEWS.id, "customer"),
        ("bad_length", "bad_context", "rule_broken"),
    ),
    "get_broadcast": Shown(READ, "read"),
    "cancel_broadcast": Shown(BroadcastMade(NEWS.id, "cancelled", created=False), "admin"),
}  # fmt: skip
