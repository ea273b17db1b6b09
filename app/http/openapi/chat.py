"""What the OpenAPI document says of the operations of people who write to each other."""

from msgspec.structs import replace

from app.domain.chat import (
    ChatChanged,
    ChatFile,
    ChatMessage,
    ChatPage,
    ChatSent,
    ChatStarted,
    ContextPerson,
    ContextPut,
    Conversation,
    ConversationDetail,
    ConversationFound,
    ConversationLeft,
    ConversationPerson,
    Conversations,
    PersonBlocked,
    Quoted,
    Receipt,
    SeatCursor,
    UnreadTotal,
)
from app.http import chat
from app.http.openapi import world as w
from app.http.openapi.moderating import NOTICE
from app.http.openapi.shown import Shown
from app.http.types import Listing

MORNING = w.HEAD.created_at
WRITING = ("not_allowed", "blocked", "muted", "erased", "rate_limited")
CHANGING = ("not_yours", "too_late", "erased", "rate_limited")
MESSAGE = ChatMessage(
    id=w.ANSWER, thread_id=w.THREAD, seq=2, rev=3, message_type="image", sender_kind="participant",
    sender_user_id=w.AGENT, sender_contact_id=w.TWIN, body="We can come on Tuesday at nine.",
    client_message_id=w.CLIENT_ID,
    reply_to=Quoted(w.QUESTION, 1, w.OWNER, "When can you come?", MORNING),
    context_kind="booking", context_id="4711", reactions={"👍": [w.OWNER]}, metadata={},
    attachments=[ChatFile(w.FILE, "boiler.jpg", "image/jpeg", 182_044, "released", 1600, 1200, has_thumbnail=True)],
    created_at=MORNING,
    edited_at=MORNING, deleted_at=MORNING, moderation_status="approved",
)  # fmt: skip
RECEIPT = Receipt(w.OWNER, w.CONTACT, 2, 1, MORNING)
PAGE = ChatPage(
    w.THREAD, [MESSAGE], 3, has_more=False, last_seq=2, last_rev=3, unread_count=0, receipts=[RECEIPT],
    next_poll_ms=3000,
)  # fmt: skip
ITEM = Conversation(
    thread_id=w.THREAD, tenant_id=w.TENANT, kind="direct", title="Ann Miller", subject="Your boiler",
    other_contact_id=w.CONTACT, people=[ConversationPerson(w.CONTACT, w.OWNER, "customer", "Ann Miller")],
    role="provider", context_kind="booking", context_id="4711", last_seq=2, last_rev=3, last_read_seq=2,
    unread_count=0, preview="We can come on Tuesday at nine.", last_message_at=MORNING, archived_at=MORNING, muted=True,
    muted_until=MORNING, blocked=False,
)  # fmt: skip
DETAIL = ConversationDetail(
    **{name: getattr(ITEM, name) for name in ITEM.__struct_fields__}, receipts=[RECEIPT], may_write=True,
)  # fmt: skip
STARTED = ChatStarted(
    w.THREAD, "direct", created=True, message_id=w.ANSWER, seq=1, rev=1, delivery_status="sent", duplicate=False,
    moderation_status="filtered", moderation=NOTICE,
)  # fmt: skip
SENT = ChatSent(w.ANSWER, w.THREAD, 2, 2, MORNING, "sent", False, "filtered", NOTICE)
CHANGED = ChatChanged(w.ANSWER, w.THREAD, 2, 3, "filtered", NOTICE)
BLOCKED = PersonBlocked(w.CONTACT, blocked=True)
AGAIN = {200: ("Sent before with this client_message_id; nothing was sent now.", replace(SENT, duplicate=True))}

CHAT: dict[str, Shown] = {
    "start_conversation": Shown(
        STARTED, None,
        chat.StartConversation(
            contact_id=w.CONTACT, contact_ids=[w.CONTACT, w.TWIN], context_kind="booking", context_id="4711",
            subject="Your boiler", body="We can come on Tuesday at nine.", client_message_id=w.CLIENT_ID,
            tenant_slug="acme",
        ),
        ("not_linked", "not_found", "which_tenant", "no_account", "client_id_reused", "merged", "bad_length",
         "bad_context", "not_signed_up", "too_many_people", *WRITING),
        {200: ("The conversation was there.", replace(STARTED, created=False))},
    ),
    "list_conversations": Shown(Conversations([ITEM], w.CURSOR, 3, 2, 3000), problems=("bad_cursor", "bad_input")),
    "unread_total": Shown(UnreadTotal(3, 2), problems=("bad_input",)),
    "resolve_conversation": Shown(ConversationFound(w.THREAD), problems=("not_linked", "which_tenant", "bad_input")),
    "get_conversation": Shown(DETAIL),
    "set_conversation": Shown(DETAIL, None, chat.ConversationPatch(archived=True, muted=True, muted_until=MORNING)),
    "poll_messages": Shown(PAGE, problems=("out_of_range", "bad_input")),
    "send_chat_message": Shown(
        SENT, None,
        chat.SendChatMessage(
            "We can come on Tuesday at nine.", w.CLIENT_ID, 1, w.QUESTION, "booking", "4711", [w.FILE]
        ),
        ("thread_moved", "client_id_reused", "merged", "bad_length", "bad_reply", "bad_context", "no_file",
         "too_many_files", "file_size", "file_sent", *WRITING),
        AGAIN,
    ),
    "edit_own_message": Shown(
        CHANGED, None, chat.EditMessage("We can come at ten."), ("deleted", "bad_length", "not_allowed", "blocked",
                                                                 *CHANGING),
    ),
    "delete_own_message": Shown(CHANGED, problems=CHANGING),
    "add_reaction": Shown(CHANGED, problems=("bad_reaction", "deleted", "bad_input", *WRITING)),
    "remove_reaction": Shown(CHANGED, problems=("bad_reaction", "bad_input", "erased", "rate_limited")),
    "mark_read": Shown(SeatCursor(w.THREAD, 2, 2, 0), None, chat.MoveCursor(2)),
    "mark_delivered": Shown(SeatCursor(w.THREAD, 1, 2, 1), None, chat.MoveCursor(2)),
    "add_people": Shown(
        replace(DETAIL, kind="group"), None, chat.NewPeople([w.TWIN]), ("not_signed_up", "too_many_people", *WRITING)
    ),
    "leave_conversation": Shown(ConversationLeft(w.THREAD, left=True), problems=("bad_value",)),
    "post_system_message": Shown(
        SENT, "manage",
        chat.SystemMessage("The visit is booked.", "booking:4711:confirmed", "booking", "4711", {"call_url": "https://meet.example.com/1"}),
        ("client_id_reused", "bad_length", "bad_context"), AGAIN,
    ),
    "block_person": Shown(BLOCKED, problems=("which_tenant", "not_linked", "bad_input")),
    "unblock_person": Shown(replace(BLOCKED, blocked=False), problems=("which_tenant", "not_linked", "bad_input")),
    "put_context_participants": Shown(
        ContextPut("booking", "4711", 2), "manage",
        chat.ContextPeople([chat.ContextMember(w.CONTACT, "customer"), chat.ContextMember(w.TWIN, "provider")]),
    ),
    "list_people": Shown(
        Listing([ContextPerson(w.CONTACT, w.OWNER, "customer", "Ann Miller")]),
        problems=("not_linked", "which_tenant", "bad_input"),
    ),
}  # fmt: skip
