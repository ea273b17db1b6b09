"""Every problem the API can answer with, by its code: what the OpenAPI document shows and the tests look for."""

from http import HTTPStatus
from typing import Any

import msgspec

from app.http.openapi import world
from app.http.problems import Problem

MEANING = {
    400: "The body cannot be read.",
    401: "Who is asking is not known.",
    403: "The caller lacks a right.",
    404: "No such thing, or none of yours: the answers are alike.",
    409: "The state has moved on.",
    410: "The bytes of this file were not kept.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The input breaks a rule; `field` names it.",
    429: "Too much at once; wait as long as Retry-After says.",
    503: "The database is away; wait as long as Retry-After says.",
}


class Known(msgspec.Struct, frozen=True):
    """One problem: its status and what its document says beside the code."""

    status: int
    detail: str
    remedy: str | None = None
    field: str | None = None
    extra: dict[str, Any] = {}


_HINT = "Check the id, and that you work in the right tenant."
_SIGN_IN = "send a valid token or API key as `Authorization: Bearer …`"
PROBLEMS: dict[str, Known] = {
    "malformed": Known(400, "The body is not valid JSON.", "send one JSON object in UTF-8"),
    "not_authenticated": Known(401, "Sign in first.", _SIGN_IN),
    "token_expired": Known(401, "The token has expired.", "sign in again"),
    "forbidden": Known(
        403, "This needs the manage right in the active tenant.",
        "ask an admin of the tenant for it, or switch to another tenant", extra={"scope": "manage"},
    ),
    "not_found": Known(404, "No such thread.", _HINT),
    "no_html": Known(404, "This message has no HTML.", "its body says the same as text"),
    "not_the_author": Known(403, "a note is changed by whoever wrote it", "Write one of your own."),
    "thread_moved": Known(
        409, "the conversation moved on", "Read what is new, then try again.",
        extra={"last_seq": 3, "new_messages": [
            {"id": str(world.FOLLOW_UP), "seq": 3, "sender": f"contact:{world.CONTACT}",
             "body": "Tuesday would be fine. Before ten?"},
        ]},
    ),
    "client_id_reused": Known(
        409, "this client_message_id was used in another conversation", "Make a new id for every message.",
        "client_message_id",
    ),
    "merged": Known(
        409, "this conversation was merged into another", "Go on in the conversation that merged_into names.",
        extra={"merged_into": str(world.THREAD)},
    ),
    "refused_transition": Known(
        409, "only a message in inbound_error is retried, not one in inbound_ai_replied", "Nothing needs to be done.",
        extra={"from": "inbound_ai_replied", "to": "received"},
    ),
    "address_taken": Known(
        409, "this address belongs to another contact", "Merge the two contacts if they are one person.", "identities",
        {"contact_id": str(world.TWIN)},
    ),
    "already_exists": Known(
        409, "Something with that name or address exists already.", extra={"constraint": "tenants_slug_key"}
    ),
    "last_owner": Known(
        409, "a tenant keeps at least one owner", "Make somebody else an owner first, or delete the tenant.", "role"
    ),
    "erased": Known(
        409, "this contact was erased", "Make a new contact if the person comes back."
    ),
    "file_in_storage": Known(
        409, "This file is in Storage.", f"POST /v1/attachments/{world.FILE}/open answers a link to it"
    ),
    "file_refused": Known(
        410, "The bytes of this file were not kept.", "ask the sender for it", extra={"reason": "too_large"}
    ),
    "file_quarantined": Known(409, "This file is being checked.", "ask again in a moment"),
    "file_sent": Known(
        409, "boiler.jpg was sent already", "Upload it again to send it again.", "attachments",
        {"attachment_id": str(world.FILE)},
    ),
    "no_file": Known(
        422, "a file is named twice, or does not wait to be sent", "Upload it first.", "attachments"
    ),
    "no_files": Known(
        422, "no files can be sent on form over webform", "Send a link in the text, or the file on another channel.",
        "attachments",
    ),
    "too_many_files": Known(
        422, "a message on whatsapp has at most one file", "Send the others by themselves.", "attachments"
    ),
    "file_size": Known(
        422, "a file on email has at most 10485760 bytes", "Send a smaller one, or a link.", "attachments"
    ),
    "no_caption": Known(422, "whatsapp shows no text beside audio", "Send the text by itself.", "body"),
    "bad_filename": Known(
        422, "a file has a name of 1 to 255 characters without slashes", "E.g. quote.pdf.", "filename"
    ),
    "file_type": Known(
        422, "this file is not image/png", "Send the type it really has, or application/octet-stream.", "content-type"
    ),
    "upload_quota": Known(
        429, "uploaded files that wait to be sent have at most 104857600 bytes",
        "Send what was uploaded; what nobody sends goes after a day.", extra={"retry_after_s": 3600.0},
    ),
    "too_large": Known(413, "The body is larger than the limit.", "send at most 1 MiB"),
    "unsupported_media_type": Known(
        415, "The body is not JSON.", "send it as it is, with Content-Type: application/json"
    ),
    "bad_input": Known(
        422, "The input breaks a rule: Expected `str` of length >= 1.", "see the shapes in /openapi.json", "body"
    ),
    "body_missing": Known(422, "This request needs a body.", "send a JSON object"),
    "unknown_parameter": Known(422, "There is no such query parameter here.", "use cursor, limit", "page"),
    "bad_value": Known(422, "A text holds half a character.", "send whole Unicode characters"),
    "bad_cursor": Known(422, "This cursor is not one of ours.", "start again without it", "cursor"),
    "bad_span": Known(
        422, "this is no span of days up to a year", "Name a first and a last day, at most a year apart.", "last_day"
    ),
    "out_of_range": Known(422, "This rev is out of range.", "send next_since as it was", "since"),
    "search_disabled": Known(
        422, "This tenant does not allow its conversations to be searched.",
        "an admin can set search_policy to metadata or full", "q",
    ),
    "bad_length": Known(
        422, "a message on email has 1 to 100000 characters", "Shorten it, or send it in parts.", "body"
    ),
    "no_recipient": Known(422, "this thread has nobody to send to on email", "Add an address to the contact first."),
    "account_unverified": Known(
        422, "nothing is sent from an address before it is verified",
        "Have the account verified, or give it a mail server of your own in config.smtp.",
    ),
    "sender_not_verified": Known(
        422, "mail is not sent from an address that nobody has proved to be yours",
        "Connect an account of that address or domain first and have it verified, or send by a server of your own.",
        "sender_address",
    ),
    "no_consent": Known(
        422, "the contact has not agreed to be written to on email",
        "Record his consent first (record_consent); what he wrote himself may always be answered.",
    ),
    "receive_only": Known(
        422, "nothing can be sent on form", "Write to the contact on another channel.", "body"
    ),
    "suppressed": Known(
        422, "this may not be sent to the contact: suppressed_unsubscribed",
        "The list of suppressions says why; lift it only when the person wants to hear from you.", "contact_id",
        {"reason": "suppressed_unsubscribed"},
    ),
    "contact_blocked": Known(
        422, "this may not be sent to the contact: contact_blocked", "Unblock the contact first.", "contact_id",
        {"reason": "contact_blocked"},
    ),
    "window_closed": Known(
        422, "the contact has not written lately: only a template may be sent on whatsapp",
        "Send an approved template, or wait until the contact writes.", "body",
    ),
    "no_templates": Known(422, "the provider of this account has no templates", "Send it as text.", "template"),
    "bad_template": Known(
        422, "a template has a name, a language and variables",
        'E.g. {"name": "visit_reminder", "language": "en_US", "variables": ["Tuesday"]}; no value is empty.',
        "template",
    ),
    "no_form_account": Known(
        422, "a form link belongs to an account of a hosted form", "Connect one: channel form, provider hosted_form.",
        "session_id",
    ),
    "templates_unread": Known(
        422, "the templates of this account were not read yet",
        "They are read within five minutes. If they are not, the account says why: its token needs the right to manage "
        "templates.", "template",
    ),
    "unknown_template": Known(
        422, "this account has no template visit_reminder in de", "It is there in en_US.", "template"
    ),
    "template_not_approved": Known(
        422, "the template visit_reminder in en_US is paused",
        "Send another one, or wait until the provider approves it.", "template",
    ),
    "template_mismatch": Known(
        422, "the text of visit_reminder has other places", "Fill: 2.", "template.variables"
    ),
    "unknown_provider": Known(
        422, "no provider gmail for the channel email", "Known for this channel: smtp.", "provider"
    ),
    "bad_time": Known(
        422, "a thread is snoozed until a moment to come, within ten years", "Send an ISO time with its zone.", "until"
    ),
    "same_thread": Known(
        422, "only two conversations of one contact on one channel account are merged",
        "Merge the contacts first if they are one person.", "loser_id",
    ),
    "other_contact": Known(
        422, "only two conversations of one contact on one channel account are merged",
        "Merge the contacts first if they are one person.", "loser_id",
    ),
    "other_session": Known(
        422, "only two conversations of one contact on one channel account are merged",
        "Merge the contacts first if they are one person.", "loser_id",
    ),
    "same_contact": Known(422, "a contact is not merged into itself", "Name two contacts.", "loser_id"),
    "bad_address": Known(
        422, "an e-mail address needs a name, an @ and a domain", "check the address", "address"
    ),
    "rule_broken": Known(
        422, "A value breaks a rule of the database.", field="time_zone",
        extra={"constraint": "tenants_time_zone_check"},
    ),
    "rate_limited": Known(
        429, "too many messages: the limit is 10 a minute",
        "Wait as long as retry_after_s says, or raise sends_per_minute.", extra={"retry_after_s": 6.0},
    ),
    "outcome_unknown": Known(
        409, "nobody knows whether this message arrived",
        "Look into the provider's log and say what became of it; only what did not arrive is sent again.",
    ),
    "not_failed": Known(409, "this message is sent", "Only what did not arrive is sent again."),
    "text_withheld": Known(409, "the text of this message is not to be sent", "Write another message."),
    "stopped_again": Known(
        409, "a rule would stop it again: suppressed_bounced", "Change what the reason names first.",
        extra={"reason": "suppressed_bounced"},
    ),
    "task_closed": Known(409, "this task is done already", "Somebody was faster; nothing needs to be done."),
    "address_not_verified": Known(409, "confirm your e-mail address first", "Follow the link in the mail you got."),
    "linked_already": Known(
        409, "your address belongs to a contact that is somebody else's", "Ask the business to merge the records."
    ),
    "no_member": Known(422, "no such member", "Name a member of the tenant, or nobody.", extra={"field": "user_id"}),
    "no_push_key": Known(
        404, "nothing is pushed from here yet", "Set PARLEY_VAPID_PRIVATE_KEY and start the worker notifier."
    ),
    "bad_subscription": Known(
        422, "this is no push subscription",
        "Send endpoint, p256dh and auth as PushSubscription.toJSON() gives them.", extra={"field": "endpoint"},
    ),
    "bad_device": Known(
        422, "this is no token of a device",
        "For fcm the registration token as Firebase gives it, for apns the device token in hex.",
        extra={"field": "token"},
    ),
    "assistant_busy": Known(
        429, "too many requests are waiting for an assistant",
        "Wait as long as retry_after_s says.", extra={"retry_after_s": 10},
    ),
    "bad_language": Known(
        422, "xx1 is no language", "Send its ISO 639 code, such as en, or zh-Hant with a script.",
        extra={"field": "language"},
    ),
    "not_linked": Known(
        403, "this sign-in is nobody there",
        "Confirm your e-mail or phone and call claim_contact() with the business's slug.",
    ),
    "not_allowed": Known(
        403, "you cannot write here", "People who share a project, bid card, job or booking may write to each other.",
        "thread_id",
    ),
    "not_yours": Known(403, "somebody else wrote this", "Write your own.", "message_id"),
    "blocked": Known(409, "you blocked this person", "Unblock him to write to him.", "thread_id"),
    "deleted": Known(409, "this message was deleted", "Write a new one.", "message_id"),
    "too_late": Known(409, "it is too late to change this message", "Write a new one.", "message_id"),
    "no_account": Known(
        409, "this business takes no messages here", "It has to connect an in-app account first."
    ),
    "which_tenant": Known(
        422, "you are a contact of several businesses", "Name the one you mean in p_tenant_slug.", "tenant_slug"
    ),
    "bad_context": Known(
        422, "this is no context of those who write here", "Name one that all of them take part in, or none.",
        "context_id",
    ),
    "bad_reply": Known(
        422, "the message this answers is not in this conversation", "Send it without reply_to_id.", "reply_to_id"
    ),
    "bad_reaction": Known(
        422, "a reaction is one sign, and a message has at most 20 different ones", "Send one emoji.", "reaction"
    ),
    "not_signed_up": Known(
        422, "one of these people has not signed up yet",
        "A group is of people who sign in; write to him alone meanwhile.", "contact_ids",
        {"contact_id": str(world.TWIN)},
    ),
    "too_many_people": Known(422, "a group has at most 50 people", "Name fewer.", "contact_ids"),
    "bids_closed": Known(409, "no bids are taken here any more", "Ask the customer to open it again."),
    "own_project": Known(409, "nobody bids for his own project", "Bid for somebody else's."),
    "not_your_part": Known(
        403, "this is for the other side to say", "Ask him in your conversation.", "status", {"you_are": "provider"}
    ),
    "booking_settled": Known(409, "this booking is completed already", "Make a new one."),
    "not_accepted": Known(
        409, "a fee is for a bid that was accepted, not for one that is submitted",
        "Wait until the customer accepts it.",
    ),
    "fee_exists": Known(409, "this bid has a fee already", "Waive or refund that one; a bid has one fee."),
    "referral_over": Known(409, "this code was used, or its time is over", "Ask for a new one.", "code"),
    "referred_already": Known(409, "nobody is brought by himself, or twice", "Nothing needs to be done.", "code"),
    "bad_policy": Known(
        422, "the policy's lanes.people.before.phone.threshold: that is no number in its range", "0 to 1.",
        "lanes.people.before.phone.threshold",
    ),
    "policy_moved": Known(
        409, "another policy is in force now: version 3", "Read it, and decide again; 0 stands for none.",
        "expected_version", extra={"active_version": 3},
    ),
    "not_between_people": Known(
        409, "contact details are revealed between people", "Name a conversation of customers and providers."
    ),
    "not_revealing": Known(
        409, "the policy in force leaves no reveal to the staff", "Add staff to the policy's reveal_on."
    ),
    "reason_missing": Known(
        422, "say why you look at this conversation", "A sentence is enough; it goes to the audit log.", "reason"
    ),
    "muted": Known(
        403, "you cannot write to other people until 2026-11-24 09:00 UTC",
        "Several of your messages broke the rules here. Write again then, or call appeal_mute() if this is wrong; the "
        "business itself you can write to at any time.",
        extra={"until": "2026-11-24T09:00:00Z", "reason": "harvesting", "may_appeal": True},
    ),
    "own_message": Known(403, "you wrote this yourself", "Somebody else has to review it."),
    "review_closed": Known(
        409, "this review is decided already", "Somebody was faster, or the message changed; nothing needs to be done.",
        extra={"status": "decided"},
    ),
    "review_claimed": Known(
        409, "somebody else reads this now", "Take another one, or wait until claim_until.",
        extra={"claimed_by": f"user:{world.AGENT}", "name": "Rob", "claim_until": "2026-11-23T09:15:00Z"},
    ),
    "review_not_claimed": Known(409, "nobody decides on what he has not read", "Claim it first."),
    "review_stale": Known(
        409, "the message is another than the one you read", "Claim it again and read it as it is now.",
    ),
    "nothing_to_mask": Known(
        422, "say what is taken out of the text",
        'Send spans: [{"kind": "phone", "span": [from, until]}], in characters of the text; or approve or block it.',
        "spans",
    ),
    "nothing_to_appeal": Known(
        409, "there is nothing to appeal: this message is approved", "Only what was stopped or masked can be appealed.",
        extra={"moderation_status": "approved"},
    ),
    "appealed": Known(
        409, "you have appealed this already",
        "A person reads it, or has read it; change the text and it is judged anew.",
    ),
    "evidence_expired": Known(
        409, "what was written is not kept any more",
        "The tenant keeps it for as many days as its setting moderation_days says.",
    ),
    "not_muted": Known(409, "you are not muted", "Ask for your standing to see how it is."),
    "mute_over": Known(409, "this mute is over", "Nothing needs to be done."),
    "no_appeal": Known(
        409, "no appeal waits for an answer", "It holds until its time is over; lift it to end it."
    ),
    "unavailable": Known(
        503, "The database or a service behind it is away for the moment.", "try again shortly"
    ),
}  # fmt: skip


def forbidden(scope: str | None) -> dict[str, Any]:
    """The problem document of a caller who lacks a right."""
    made = document("forbidden")
    return {**made, "scope": scope, "detail": made["detail"].replace("manage", str(scope))}


def document(code: str) -> dict[str, Any]:
    """The problem document of a code."""
    known = PROBLEMS[code]
    problem = Problem(
        f"urn:parley:problem:{code}", HTTPStatus(known.status).phrase, known.status, known.detail, code, known.field,
        known.remedy, request_id="7d1e7b3a9c550000",
    )  # fmt: skip
    members: dict[str, Any] = msgspec.to_builtins(problem)
    return {**known.extra, **members}
