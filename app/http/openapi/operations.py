"""What the OpenAPI document says of each operation beyond its signature: the right it needs, examples, problems."""

from datetime import date

import msgspec

from app.domain.accounts import (
    FormLink,
    Pairing,
    SecretSet,
    SessionMade,
    SessionState,
    SessionTested,
)  # fmt: skip
from app.domain.channels import Template
from app.domain.contacts import ConsentRecorded, ContactBlock, ContactPut, MergedContacts
from app.domain.messages import Explanation, MessageHtml, Retried, Sent, Started, Uploaded
from app.domain.notifications import NotificationsRead
from app.domain.outbound import Lifted, Resolved, Suppressed
from app.domain.tenancy import (
    ApiKeyMade,
    ApiKeyRevoked,
    FaqDeleted,
    FaqPut,
    InvitationAccepted,
    InvitationMade,
    InvitationRevoked,
    MemberLanguage,
    MemberRemoved,
    MemberRole,
    ReplyDeleted,
    ReplyPut,
    TenantChosen,
    TenantDeleted,
    TenantMade,
    TenantUpdated,
)  # fmt: skip
from app.domain.threads import MergedThreads, NoteDeleted, NotePut, ReadState, ThreadSearch
from app.domain.webhooks import WebhookRetried
from app.http import (
    channels,
    contacts,
    files,
    knowledge,
    messages,
    notes,
    starting,
    tenancy,
    threads,
)
from app.http.openapi import world as w
from app.http.openapi.analysing import ANALYSING
from app.http.openapi.assisting import ASSISTING
from app.http.openapi.chat import CHAT
from app.http.openapi.market import MARKET
from app.http.openapi.moderating import MODERATING, NOTICE
from app.http.openapi.operating import OPERATING
from app.http.openapi.policing import POLICING
from app.http.openapi.rating import RATING
from app.http.openapi.reviewing import REVIEWING
from app.http.openapi.shown import Shown
from app.http.openapi.tasking import TASKING
from app.http.openapi.viewing import VIEWING
from app.http.types import Listing

TEMPLATE = Template(
    name="visit_offer", language="en_US", variables=["Tuesday", "nine"], header=["K-1007"], buttons={"0": "K-1007"}
)  # fmt: skip
TEMPLATES = ("no_templates", "bad_template", "templates_unread", "unknown_template", "template_not_approved",
             "template_mismatch")  # fmt: skip
STARTED = Started(w.THREAD, created=True, message_id=w.ANSWER, seq=1, rev=1, delivery_status="queued", duplicate=False,
                  moderation_status="filtered", moderation=NOTICE)  # fmt: skip
SENT = Sent(w.ANSWER, w.THREAD, 2, 2, "queued", duplicate=False, moderation_status="filtered", moderation=NOTICE)
EXPLAINED = Explanation(
    message={"id": w.QUESTION, "thread_id": w.THREAD, "seq": 1, "rev": 1, "channel": "email", "direction": "inbound",
             "delivery_status": "inbound_ai_replied", "sender": f"contact:{w.CONTACT}"},
    thread={"id": w.THREAD, "scope_rule": "channel_contact", "scope_key": f"cc:{w.SESSION}:{w.CONTACT}",
            "folder": "inbox", "status": "open", "control": "human", "control_epoch": 2, "contact": "Ann Miller"},
    moderation={"status": "approved"},
    decision={"action": "auto_reply", "intent": "appointment", "confidence": 0.82, "reasons": ["asks for a visit"],
              "decider": "rules", "policy_version": 4, "reply_message_id": w.ANSWER},
    waiting={"since": "2026-11-23T09:00:00+00:00", "lease_until": None, "claimed_by": None, "attempts": 0},
    dispatches=[{"queue_id": w.QUEUED, "message_id": w.ANSWER, "status": "delivered", "recipient": "ann@example.com",
                 "purpose": "reply", "consent_id": None, "basis_seq": 1,
                 "attempts": [{"number": 1, "outcome": "accepted"}],
                 "receipts": [{"kind": "delivered", "status_code": "2.0.0"}]}],
    notifications=[{"kind": "human_takeover", "title": "A conversation needs a person"}],
    escalations=[{"rule": "angry", "action": "handover", "signal": "score", "value": 0.82, "reasons": ["money_back"]}],
)  # fmt: skip
PATCH = contacts.ContactPatch(
    kind="customer", display_name="Ann Miller", company="Miller & Sons", locale="en", time_zone="Europe/London",
    home_region="GB", attributes={"customer_number": "K-1007"},
    identities=[contacts.Identity("email", "ann@example.com")],
)  # fmt: skip
SETTINGS = tenancy.SettingsPatch(
    ai_enabled=True, ai_provider="auto", confidence_threshold=0.6, auto_replies_per_hour=5, sends_per_minute=10,
    daily_send_cap=500, max_complaint_rate=0.003, search_policy="metadata",
    thread_scopes={"email": "email_reference"}, chat_policy="context", chat_scope="pair",
    push_shows="sender", push_delay_s=10, market_writes="api", live_signs="none",
    business_hours=[tenancy.OpeningHours(0, "09:00", "17:00")], closed_dates=w.SETTINGS.closed_dates,
    quiet_hours_start="21:00", quiet_hours_end="08:00", voice_tone="warm, to the point", voice_formality="formal",
    voice_signature="Yours\nAcme Heating", voice_avoid=["cheap"], media_visibility="private", media_days=730,
    moderation_days=365,
)  # fmt: skip
TENANT_PATCH = tenancy.TenantPatch(
    name="Acme Heating", time_zone="Europe/London", locale="en", home_regions=["GB"], sender_name="Acme Heating",
    sender_address="hello@acme.example.com", settings=SETTINGS,
)  # fmt: skip
NEW_SESSION = channels.NewSession(
    channel="email", name="Support", provider="smtp", address="support@acme.example.com", sender_name="Acme Heating",
    config={"smtp": {"host": "mail.example.com", "port": 587}}, secrets={"smtp_password": "correct horse"},
)  # fmt: skip
MERGING = ("merged", "same_thread", "other_contact", "other_session")
METRICS = 'parley_database_up 1\nparley_queue_depth{queue="inbound"} 0.0\n'


OPERATIONS: dict[str, Shown] = {
    "health": Shown({"status": "ok"}),
    "ready": Shown({"status": "ready", "schema": "20261121009000"}, problems=("unavailable",)),
    "metrics": Shown(METRICS, problems=("not_found",)),
    # threads
    "list_threads": Shown(
        threads.Inbox([w.HEAD], w.CURSOR, w.CURSOR), "read", problems=("bad_cursor", "search_disabled", "not_found")
    ),
    "start_thread": Shown(
        STARTED, "send",
        threads.StartThread(w.CONTACT, w.SESSION, "conversation", "Your boiler", "We can come on Tuesday at nine.",
                            TEMPLATE, w.CLIENT_ID),
        ("not_found", "client_id_reused", "merged", "bad_length", "no_recipient", "receive_only", "window_closed",
         *TEMPLATES, "suppressed", "contact_blocked", "no_consent", "rate_limited"),
        {200: ("The conversation was there, and nothing was sent now.",
               msgspec.structs.replace(STARTED, created=False, delivery_status="delivered", duplicate=True))},
    ),
    "get_thread": Shown(w.DETAIL, "read"),
    "get_thread_by_alias": Shown(w.DETAIL, "read"),
    "merge_threads": Shown(
        MergedThreads(w.THREAD, w.OLD_THREAD), "manage", threads.MergeThread(w.OLD_THREAD), MERGING
    ),
    "take_over_thread": Shown(w.STATE, "manage", problems=("merged",)),
    "hand_back_thread": Shown(msgspec.structs.replace(w.STATE, control="ai"), "manage", problems=("merged",)),
    "close_thread": Shown(msgspec.structs.replace(w.STATE, status="closed"), "manage", problems=("merged",)),
    "archive_thread": Shown(msgspec.structs.replace(w.STATE, status="archived"), "manage", problems=("merged",)),
    "reopen_thread": Shown(w.STATE, "manage", problems=("merged",)),
    "assign_thread": Shown(w.STATE, "manage", threads.Assign(w.AGENT), ("merged",)),
    "label_thread": Shown(
        w.STATE, "manage", threads.Labels(["appointment", "urgent"], ["new"]), ("merged", "rule_broken")
    ),
    "snooze_thread": Shown(
        msgspec.structs.replace(w.STATE, status="snoozed", snoozed_until=w.NEXT_WEEK), "manage",
        threads.Snooze(w.NEXT_WEEK), ("merged", "bad_time"),
    ),
    "mark_thread_read": Shown(ReadState(w.THREAD, 3, 0, w.DETAIL), "manage", threads.ReadUpTo(3)),
    "set_thread_folder": Shown(
        msgspec.structs.replace(w.STATE, folder="spam", folder_said=True), "manage", threads.FileThread("spam", 3),
        ("merged", "erased", "thread_moved"),
    ),
    "set_thread_search": Shown(ThreadSearch(w.THREAD, "full"), "manage", threads.SearchIn("full")),
    "get_thread_insight": Shown(w.INSIGHT, "read"),
    "mark_notifications_read": Shown(NotificationsRead(2), None, threads.NotificationsSeen([w.NOTIFICATION.id])),
    "list_notifications": Shown(Listing([w.NOTIFICATION], w.CURSOR), "read", problems=("bad_cursor",)),
    # notes
    "list_notes": Shown(Listing([w.NOTE], w.CURSOR), "read", problems=("bad_cursor",)),
    "add_note": Shown(
        NotePut(**msgspec.structs.asdict(w.NOTE), duplicate=False), "manage", notes.NewNote(w.NOTE.note, w.CLIENT_ID),
        ("client_id_reused", "merged", "erased"),
        {200: ("Written before with this client_note_id.", NotePut(**msgspec.structs.asdict(w.NOTE), duplicate=True))},
    ),
    "change_note": Shown(
        NotePut(**msgspec.structs.asdict(w.NOTE), duplicate=False), "manage", notes.NotePatch(w.NOTE.note),
        ("not_the_author",),
    ),
    "delete_note": Shown(NoteDeleted(w.NOTE.id, deleted=True), "manage", problems=("not_the_author",)),
    # messages
    "list_messages": Shown(
        messages.MessagePage(w.THREAD, w.MESSAGES, 2, has_more=True, last_seq=3, last_rev=3, control="human",
                             next_poll_ms=3000),
        "read", problems=("out_of_range",),
    ),
    "list_history": Shown(Listing([w.SINGLE], w.CURSOR), "read", problems=("bad_cursor",)),
    "send_message": Shown(
        SENT, "send",
        messages.SendMessage(
            "We can come on Tuesday at nine.", w.CLIENT_ID, 1, "Re: A leaking boiler",
            TEMPLATE, [w.FILE],
        ),
        ("thread_moved", "client_id_reused", "merged", "bad_length", "no_recipient", "no_consent", "account_unverified",
         "receive_only", "window_closed", *TEMPLATES, "no_file", "no_files", "too_many_files",
         "file_size", "no_caption", "file_sent", "rate_limited"),
        {200: ("Sent before with this client_message_id; nothing was sent now.",
               msgspec.structs.replace(SENT, delivery_status="delivered", duplicate=True))},
    ),
    "get_message": Shown(w.SINGLE, "read"),
    "get_message_html": Shown(
        MessageHtml(w.QUESTION, "<p>Hello, our boiler is <b>leaking</b>.</p>", cut=False), "read", problems=("no_html",)
    ),
    "explain_message": Shown(EXPLAINED, "read"),
    "retry_message": Shown(Retried(w.QUESTION, "received"), "manage", problems=("refused_transition",)),
    "resolve_unknown": Shown(
        Resolved(w.ANSWER, "sent"), "manage", messages.Resolve("sent"),
        ("merged", "no_recipient", "no_consent", "account_unverified", "receive_only", "window_closed", "no_templates",
         "no_files",
         "too_many_files", "file_size", "no_caption"),
    ),
    "upload_attachment": Shown(
        Uploaded(w.FILE, "boiler.jpg", "image/jpeg", 182_044, w.ATTACHMENT.sha256 or "", w.NEXT_WEEK), "send",
        file="(the bytes of boiler.jpg)",
        problems=("too_large", "unsupported_media_type", "bad_input", "bad_filename", "file_size", "file_type",
                  "upload_quota"),
    ),
    "list_attachments": Shown(Listing([w.ATTACHMENT, w.REFUSED]), "read"),
    "download_attachment": Shown(
        "(the bytes of boiler.jpg)", "read", problems=("file_refused", "file_quarantined", "file_in_storage")
    ),
    "reserve_attachment": Shown(
        files.Upload(w.FILE, "parley-attachments", w.OBJECT, "boiler.jpg", "image/jpeg", 182_044, w.NEXT_WEEK,
                     f"https://acme.supabase.co/storage/v1/object/upload/sign/parley-attachments/{w.OBJECT}?token=eyJ…",
                     "eyJ…"),
        None, files.NewUpload("boiler.jpg", "image/jpeg", 182_044, "acme"),
        ("not_found", "not_linked", "which_tenant", "bad_filename", "file_size", "upload_quota"),
    ),
    "open_attachment": Shown(
        files.FileLink(w.FILE, "parley-attachments", w.OBJECT, "boiler.jpg", "image/jpeg", 182_044, 1600, 1200,
                       is_public=False, readable_s=60,
                       url=f"https://acme.supabase.co/storage/v1/object/sign/parley-attachments/{w.OBJECT}?token=eyJ…"),
        None, files.Opening(thumbnail=False, reason="abuse report 12"), ("file_refused", "file_quarantined"),
    ),
    "list_unknown_dispatches": Shown(Listing([w.UNKNOWN], w.CURSOR), "read", problems=("bad_cursor",)),
    "list_undelivered": Shown(Listing([w.UNDELIVERED], w.CURSOR), "read", problems=("bad_cursor",)),
    "send_again": Shown(
        SENT, "send", None,
        ("outcome_unknown", "not_failed", "text_withheld", "stopped_again", "merged", "no_recipient", "no_consent",
         "account_unverified", "receive_only", "window_closed", *TEMPLATES, "rate_limited"),
        {200: ("Sent again before; nothing was sent now.", msgspec.structs.replace(SENT, duplicate=True))},
    ),
    "list_suppressions": Shown(Listing([w.SUPPRESSION], w.CURSOR), "read", problems=("bad_cursor",)),
    "suppress_address": Shown(
        Suppressed(w.SUPPRESSION.id, "email", "no@more.example.com"), "manage",
        messages.Suppress("email", "no@more.example.com", "automatic"), ("bad_address",),
    ),
    "lift_suppression": Shown(
        Lifted("email", "no@more.example.com", lifted=True), "admin", messages.Lift("email", "no@more.example.com"),
        ("not_found", "bad_address"),
    ),
    # chat
    **CHAT,
    # contacts
    "list_contacts": Shown(Listing([w.CONTACT_ROW], w.CURSOR), "read", problems=("bad_cursor", "bad_address")),
    "get_contact": Shown(w.CONTACT_DETAIL, "read"),
    "create_contact": Shown(
        ContactPut(w.CONTACT, created=True), "manage", PATCH, ("address_taken", "bad_address", "rule_broken")
    ),
    "update_contact": Shown(
        ContactPut(w.CONTACT, created=False), "manage", PATCH,
        ("merged", "erased", "address_taken", "bad_address", "rule_broken"),
    ),
    "merge_contacts": Shown(
        MergedContacts(w.CONTACT, w.TWIN), "manage", contacts.Merge(w.TWIN), ("same_contact", "erased")
    ),
    "block_contact": Shown(
        ContactBlock(w.CONTACT, w.CONTACT_ROW.blocked_at), "manage", contacts.Block(blocked=True), ("erased",)
    ),
    "erase_contact": Shown(w.ERASURE, "admin", contacts.Erase("request")),
    "record_consent": Shown(
        ConsentRecorded(w.CONTACT, w.FOLLOW_UP, granted=True), "manage",
        contacts.Consent("email", "marketing", granted=True, wording="Send me offers.", source="form"),
        ("erased",),
    ),
    # channels
    "list_channel_sessions": Shown(Listing([w.ACCOUNT]), "read"),
    "get_channel_session": Shown(w.ACCOUNT, "read"),
    "create_channel_session": Shown(
        SessionMade(w.SESSION, "pending", "support@acme.example.com"), "admin", NEW_SESSION,
        ("already_exists", "bad_address", "unknown_provider", "rule_broken"),
    ),
    "list_templates": Shown(Listing([w.TEMPLATE]), "read"),
    "update_channel_session": Shown(
        w.ACCOUNT, "admin",
        channels.SessionPatch(name="Support", sender_name="Acme Heating", sender_address="hello@acme.example.com",
                              warm_up_from=date(2026, 11, 20),
                              config={"smtp": {"host": "mail.example.com", "port": 587}}),
        ("bad_address", "sender_not_verified", "rule_broken"),
    ),
    "pause_channel_session": Shown(SessionState(w.SESSION, "paused"), "admin"),
    "resume_channel_session": Shown(SessionState(w.SESSION, "connected"), "admin"),
    "delete_channel_session": Shown(SessionState(w.SESSION, "deleted"), "admin"),
    "test_channel_session": Shown(
        SessionTested(w.SESSION, w.THREAD, w.QUEUED), "admin", channels.Recipient("ann@example.com", TEMPLATE),
        ("bad_address", "no_recipient", "no_consent", "account_unverified", "receive_only", "window_closed",
         *TEMPLATES, "rate_limited"),
    ),
    "create_form_link": Shown(
        FormLink(w.FORM_LINK, w.CONTACT, w.NEXT_WEEK, f"https://acme.example.com/functions/v1/form-reply/{w.FORM_LINK}"),
        "send", channels.NewFormLink(w.CONTACT, w.QUESTION, 7), ("no_form_account",),
    ),
    "pair_channel_session": Shown(
        Pairing(w.SESSION, "pending", None, "2@Xk1…,pQ7…,rT9…", w.NOTIFICATION.created_at), "admin"
    ),
    "put_channel_secret": Shown(
        SecretSet(w.SESSION, "smtp_password"), "admin", channels.SecretValue("correct horse")
    ),
    "list_webhook_failures": Shown(w.WEBHOOK_TROUBLE, "manage"),
    "retry_webhook": Shown(WebhookRetried(w.WEBHOOK_TROUBLE.failures[0].webhook_id, retried=True), "manage"),
    # tenancy
    "get_me": Shown(tenancy.Me(w.OWNER, w.TENANT, [w.MEMBERSHIP])),
    "first_steps": Shown(
        starting.FirstStepsTold(
            has_account=True, mailbox="acme-5f1c2a@in.example.com", has_knowledge=True, first_thread_id=None,
            is_answered=False, smtp_port=None,
        ),
        "read",
    ),
    "create_tenant": Shown(
        TenantMade(w.TENANT, "acme"), None, tenancy.NewTenant("Acme Heating", "acme", "Europe/London", "en"),
        ("already_exists", "rule_broken"),
    ),
    "switch_tenant": Shown(TenantChosen(w.TENANT, "Refresh the session to receive a token for it.")),
    "get_tenant": Shown(w.TENANT_ROW, "read"),
    "update_tenant": Shown(
        TenantUpdated(w.TENANT, updated=True), "admin", TENANT_PATCH,
        ("bad_address", "sender_not_verified", "rule_broken"),
    ),
    "delete_tenant": Shown(TenantDeleted(w.TENANT, deleted=True), "own"),
    "set_language": Shown(MemberLanguage(w.AGENT, w.TENANT, "pt-BR"), None, tenancy.SetLanguage("pt-BR"),
                          ("bad_language", "not_found")),
    "list_members": Shown(Listing(w.MEMBERS), "read"),
    "set_member_role": Shown(MemberRole(w.AGENT, "agent"), "admin", tenancy.SetRole("agent"), ("last_owner",)),
    "remove_member": Shown(MemberRemoved(w.AGENT, removed=True), "admin", problems=("last_owner",)),
    "list_invitations": Shown(Listing([w.INVITATION_ROW]), "admin"),
    "invite_member": Shown(
        InvitationMade(w.INVITATION, w.INVITATION_TOKEN), "admin", tenancy.Invite("new@acme.example.com", "agent"),
        ("bad_address",),
    ),
    "accept_invitation": Shown(
        InvitationAccepted(w.TENANT, "agent"), None, tenancy.Accept(w.INVITATION_TOKEN), ("not_found",)
    ),
    "revoke_invitation": Shown(InvitationRevoked(w.INVITATION, revoked=True), "admin"),
    "list_api_keys": Shown(Listing([w.API_KEY]), "admin"),
    "create_api_key": Shown(
        ApiKeyMade(w.KEY, w.KEY_TEXT, ["read", "send"]), "admin",
        tenancy.NewApiKey("shop", ["read", "send"], w.API_KEY.expires_at), ("bad_time", "rule_broken"),
    ),
    "revoke_api_key": Shown(ApiKeyRevoked(w.KEY, revoked=True), "admin"),
    # knowledge
    "list_faq": Shown(Listing([w.FAQ_ROW]), "read"),
    "create_faq": Shown(
        FaqPut(w.FAQ, created=True), "manage",
        knowledge.NewFaq("What does a visit cost?", ["price", "cost"], "A visit costs 80 pounds.", "en", enabled=True),
    ),
    "update_faq": Shown(
        FaqPut(w.FAQ, created=False), "manage",
        knowledge.FaqPatch("What does a visit cost?", ["price", "cost"], "A visit costs 85 pounds.", "en",
                           enabled=True),
    ),
    "delete_faq": Shown(FaqDeleted(w.FAQ, deleted=True), "manage"),
    "list_canned_replies": Shown(Listing([w.REPLY_ROW]), "read"),
    "put_canned_reply": Shown(
        ReplyPut(w.REPLY, "thanks", "en"), "manage",
        knowledge.Wording("thanks", "You are welcome, {{name}}.", "en", enabled=True),
    ),
    "delete_canned_reply": Shown(ReplyDeleted(w.REPLY, deleted=True), "manage"),
    **TASKING,
    **ASSISTING,
    **MARKET,
    **VIEWING,
    **REVIEWING,
    **MODERATING,
    **POLICING,
    **ANALYSING,
    **RATING,
    **OPERATING,
}  # fmt: skip
"""By the handler's name, which is the operation's id."""
