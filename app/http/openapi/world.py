"""The small world that all examples of the OpenAPI document are taken from: one tenant, one customer, one conversation.

Everything here is an instance of the very Struct the API answers with, so an example cannot drift from its shape.
"""

from datetime import UTC, date, datetime, time
from uuid import UUID

from msgspec.structs import asdict

from app.domain.accounts import ChannelSession
from app.domain.channels import ChannelTemplate
from app.domain.contacts import Contact, ContactConsent, ContactDetail, ContactIdentity, Erasure
from app.domain.insights import Insight
from app.domain.judgement import Escalated
from app.domain.messages import Attachment, Message, SingleMessage
from app.domain.notifications import Notification
from app.domain.outbound import Suppression, Undelivered, UnknownDispatch
from app.domain.tenancy import (
    ApiKey,
    AuditRow,
    CannedReply,
    Denial,
    FaqEntry,
    Invitation,
    Member,
    Membership,
    Tenant,
    TenantSettings,
)  # fmt: skip
from app.domain.threads import Thread, ThreadHead, ThreadNote, ThreadState
from app.domain.webhooks import WebhookFailure, WebhookRefusals, WebhookTrouble


def _id(number: int) -> UUID:
    return UUID(f"0197a4c2-7d1e-7b3a-9c55-{number:012x}")


def _at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, second, tzinfo=UTC)


TASK, FORM_LINK = _id(0xF7), _id(0xF8)
TENANT, SESSION, CONTACT, TWIN = _id(0xA0), _id(0xA1), _id(0xC0), _id(0xC1)
OWNER, AGENT, THREAD, OLD_THREAD = _id(0xB0), _id(0xB1), _id(0xD0), _id(0xD1)
QUESTION, ANSWER, FOLLOW_UP, QUEUED = _id(0xE1), _id(0xE2), _id(0xE3), _id(0xF0)
KEY, INVITATION, FAQ, REPLY, FILE = _id(0x10), _id(0x11), _id(0x12), _id(0x13), _id(0x14)
OBJECT = f"{TENANT}/{AGENT}/20261123T090000Z_{FILE}_boiler.jpg"
KEY_TEXT = "pk_" + KEY.hex + "_" + "0" * 64
INVITATION_TOKEN = f"{INVITATION}.{'0' * 64}"
CLIENT_ID = "0197a4c2-8f00-7000-8000-5f2b8a6f1d20"
CURSOR = "MjAyNi0xMS0yM1QwOTowNTowMCswMDowMHwwMTk3YTRjMi03ZDFlLTdiM2EtOWM1NS0wMDAwMDAwMDAwZDA"

HEAD = ThreadHead(
    id=THREAD, channel="email", channel_session_id=SESSION, contact_id=CONTACT, contact_name="Ann Miller",
    subject="A leaking boiler", folder="inbox", status="open", snoozed_until=None, control="human", control_epoch=2,
    assignee_id=AGENT, labels=["appointment", "urgent"], last_seq=3, last_rev=3, unread_count=1,
    last_message_at=_at(9, 5), last_direction="inbound", preview="Tuesday would be fine. Before ten?",
    created_at=_at(9, 0),
)  # fmt: skip
NEXT_WEEK = HEAD.created_at.replace(day=30)
ESCALATED = Escalated(
    TASK, THREAD, QUESTION, "customers", "after", "angry", 4, "score", 0.82, ["legal_words", "money_back"],
    "handover", None, _at(9, 0), _at(13, 0),
)  # fmt: skip
DETAIL = Thread(
    **asdict(HEAD),
    kind="channel", context_kind="job", context_id="4711", scope_rule="channel_contact", folder_said=False,
    search_policy="metadata",
    last_inbound_seq=3, staff_read_seq=2, closed_at=_at(8, 0), merged_into=None, merged_from=[OLD_THREAD],
    reply_until=_at(9, 5), reply_chars=4096, reply_utf16=False, takes_templates=True, no_reply="receive_only",
    has_notes=True, escalations=[ESCALATED],
)  # fmt: skip
NOTE = ThreadNote(
    _id(0x19), THREAD, "She called: the basement is flooded, too.", f"user:{AGENT}", AGENT, _at(9, 2), _at(9, 3)
)
STATE = ThreadState(THREAD, "open", "human", 2, AGENT, ["appointment", "urgent"], None, "inbox", folder_said=False)
MESSAGES = [
    Message(
        id=QUESTION, seq=1, rev=1, direction="inbound", delivery_status="inbound_ai_replied",
        moderation_status="approved", message_type="text", sender_kind="contact", sender=f"contact:{CONTACT}",
        sender_contact_id=CONTACT, sender_user_id=None, sender_name="Ann Miller", sender_address="ann@example.com",
        subject="A leaking boiler", body="Hello, our boiler is leaking. When can you come?", language="en",
        client_message_id=None, auto_class="none", has_attachments=True, has_html=True, created_at=_at(9, 0),
        edited_at=None, deleted_at=None,
    ),
    Message(
        id=ANSWER, seq=2, rev=2, direction="outbound", delivery_status="delivered", moderation_status="approved",
        message_type="text", sender_kind="agent", sender=f"user:{AGENT}", sender_contact_id=None,
        sender_user_id=AGENT, sender_name="Adam", sender_address="support@acme.example.com",
        subject="Re: A leaking boiler", body="We can come on Tuesday at nine.", language="en",
        client_message_id=CLIENT_ID, auto_class="none", has_attachments=False, has_html=False, created_at=_at(9, 3),
        edited_at=_at(9, 4), deleted_at=_at(9, 30),
    ),
]  # fmt: skip
SINGLE = SingleMessage(**asdict(MESSAGES[0]), thread_id=THREAD)
ATTACHMENT = Attachment(
    FILE, "boiler.jpg", "image/jpeg", 182_044, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    inline=True, content_id="boiler@example.org", status="released", refused=None, detected_type="image/jpeg",
)  # fmt: skip
REFUSED = Attachment(
    _id(0x15), "video.mp4", "video/mp4", 73_400_320, None, inline=False, content_id=None, status="refused",
    refused="too_large", detected_type=None,
)  # fmt: skip
INSIGHT = Insight(
    thread_id=THREAD, last_seq=3, summary="Ann's boiler is leaking. Tuesday suits her, before ten.",
    label="appointment", sentiment=0.1, sentiment_label="neutral", next_step="Confirm Tuesday at nine.", language="en",
    follow_up_at=_at(15, 0), follow_up_text="Does Tuesday at nine still suit you?", follow_up_status="scheduled",
    read_seq=3, version=2, model="rules", prompt_version="2026-11", updated_at=_at(9, 6),
)  # fmt: skip
NOTIFICATION = Notification(_id(0x16), "human_takeover", "A conversation needs a person", THREAD, _at(9, 2), _at(9, 3))
UNKNOWN = UnknownDispatch(
    QUEUED, ANSWER, THREAD, "email", "ann@example.com", "lease_expired", _at(9, 3), _at(9, 4)
)  # fmt: skip
UNDELIVERED = Undelivered(
    QUEUED, "failed", "bounced", ANSWER, THREAD, "email", "ann@example.com", "Ann Miller", "550", "no such mailbox",
    "We can come on Tuesday at nine.", "agent", _at(9, 3), _at(9, 4), FOLLOW_UP,
)  # fmt: skip
SUPPRESSION = Suppression(_id(0x17), "email", "no@more.example.com", "automatic", "unsubscribed", _at(7, 0))
CONTACT_ROW = Contact(
    id=CONTACT, kind="customer", display_name="Ann Miller", company="Miller & Sons", locale="en",
    time_zone="Europe/London", home_region="GB", auth_user_id=_id(0xB9), merged_into=TWIN, blocked_at=_at(6, 0),
    erased_at=None, attributes={"customer_number": "K-1007"}, created_at=_at(5, 0), updated_at=_at(9, 0),
)  # fmt: skip
ERASURE = Erasure(
    CONTACT,
    _id(0x1E),
    "done",
    "request",
    messages_erased=12,
    sends_cancelled=1,
    requested_at=_at(9, 0),
    finished_at=_at(9, 1),
)
CONTACT_DETAIL = ContactDetail(
    **asdict(CONTACT_ROW),
    identities=[ContactIdentity(_id(0x18), "email", "ann@example.com", _at(5, 0))],
    consents=[ContactConsent("email", "marketing", granted=True, source="staff", recorded_at=_at(5, 30))],
    merged=[TWIN],
)  # fmt: skip
ACCOUNT = ChannelSession(
    id=SESSION, channel="email", provider="smtp", name="Support", address="support@acme.example.com",
    status="connected", status_reason="set by user", verified_at=_at(1, 0), sender_name="Acme Heating",
    sender_address="hello@acme.example.com", warm_up_from=date(2026, 11, 20),
    config={"smtp": {"host": "mail.example.com", "port": 587}},
    last_heartbeat_at=_at(9, 6), last_inbound_at=_at(9, 5), last_outbound_at=_at(9, 6),
    last_error="no answer within 20 s", last_error_at=_at(3, 0), can_pair=False, created_at=_at(0, 30),
)  # fmt: skip
TEMPLATE = ChannelTemplate(
    "visit_reminder", "en_US", "approved", "utility", {"body": 2},
    [{"type": "BODY", "text": "Your visit is on {{1}} at {{2}}."}], _at(5, 0),
)  # fmt: skip
WEBHOOK_TROUBLE = WebhookTrouble(
    failures=[
        WebhookFailure(_id(0x60), SESSION, "email", "resend", "msg_2W2D3qXLS5fOaPja1GDg7rF2CwB", _at(9, 1), 412,
                       "ValueError: a Resend event has a type and data")
    ],
    refused=[WebhookRefusals(SESSION, "signature", 3, _at(8, 0), _at(8, 2))],
)  # fmt: skip
SETTINGS = TenantSettings(
    ai_enabled=True, ai_provider="auto", ai_budget_usd=10.0, confidence_threshold=0.6, auto_replies_per_hour=5,
    sends_per_minute=10,
    daily_send_cap=500, upload_quota_bytes=104_857_600, max_complaint_rate=0.003, search_policy="metadata",
    search_ready=True,
    thread_scopes={"email": "email_reference"},
    media_visibility="private", media_days=730, moderation_days=365,
    chat_policy="context",
    chat_scope="pair", push_shows="sender", push_delay_s=10, market_writes="api", live_signs="none",
    business_hours=[{"weekday": 0, "opens": "09:00", "closes": "17:00"}], closed_dates=[date(2026, 12, 25)],
    quiet_hours_start=time(21), quiet_hours_end=time(8), tracking_enabled=False, voice_tone="warm, to the point",
    voice_formality="formal", voice_signature="Yours\nAcme Heating", voice_avoid=["cheap"], policy_version=4,
)  # fmt: skip
TENANT_ROW = Tenant(
    id=TENANT, slug="acme", name="Acme Heating", status="active", suspended_reason="unpaid", time_zone="Europe/London",
    locale="en", home_regions=["GB"], sender_name="Acme Heating", sender_address="hello@acme.example.com",
    created_at=_at(0, 0), settings=SETTINGS,
)  # fmt: skip
MEMBERSHIP = Membership(TENANT, "owner", active=True, language=None, tenant_name="Acme Home Services")
MEMBERS = [Member(OWNER, "owner", "Olivia", None, _at(0, 0)), Member(AGENT, "agent", "Adam", "pt-BR", _at(0, 10))]
INVITATION_ROW = Invitation(
    INVITATION, "new@acme.example.com", "agent", OWNER, _at(8, 0), datetime(2026, 11, 30, 8, tzinfo=UTC)
)
API_KEY = ApiKey(
    KEY, "shop", "pk_…000010", ["read", "send"], OWNER, _at(8, 0), datetime(2027, 11, 23, tzinfo=UTC), _at(9, 50),
    _at(9, 40),
)  # fmt: skip
FAQ_ROW = FaqEntry(FAQ, "What does a visit cost?", ["price", "cost"], "A visit costs 80 pounds.", "en",
                   enabled=True, updated_at=_at(8, 0))  # fmt: skip
REPLY_ROW = CannedReply(REPLY, "thanks", "You are welcome, {{name}}.", "en", enabled=True, updated_at=_at(8, 0))
AUDIT = AuditRow(_id(0x19), _at(9, 2), f"user:{AGENT}", "thread.take_over", "thread", str(THREAD), {"by": "sending"})
DENIAL = Denial(_id(0x1A), _at(9, 10), "api", "get_thread", "thread", str(THREAD))
