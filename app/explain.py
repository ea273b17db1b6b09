"""The chain of `explain_message` in plain sentences: for the command line and for people who ask why."""

from typing import Any

RULES = {
    "channel_contact": "one conversation per contact and mailbox",
    "email_reference": "one conversation per chain of replies",
    "pair": "one conversation per pair",
    "pair_context": "one conversation per pair and subject matter",
    "explicit": "a conversation of its own",
}
STATUSES = {
    "received": "is waiting to be decided",
    "inbound_processing": "is being decided right now",
    "inbound_ai_replied": "is handled; no person is needed",
    "inbound_human_takeover": "is with the team",
    "inbound_error": "could not be handled and waits for a person to retry it",
    "queued": "is queued to be sent",
    "sending": "is being sent",
    "sent": "was accepted by the receiving server",
    "delivered": "was delivered",
    "read": "was read",
    "failed": "could not be sent",
    "bounced": "came back",
    "cancelled": "was cancelled before it left",
    "dispatch_unknown": "may or may not have been delivered: nobody can tell, so it is not sent again by itself",
}
ERASED = {
    "request": "because the person asked for it",
    "retention": "because it had been kept long enough",
    "mistake": "because it should never have been kept",
    "authority": "because an authority ordered it",
}
ACTIONS = {
    "auto_reply": "answer automatically",
    "follow_up": "write again later",
    "human_takeover": "hand over to a person",
    "no_reply": "not to answer",
    "error": "give up after repeated errors",
}


def in_words(chain: dict[str, Any]) -> list[str]:
    """The chain as lines of text. `chain` is what `private.explain` returns."""
    message, thread = chain["message"], chain["thread"]
    who = message["sender_address"] or message["sender"]
    lines = [
        f"Message {message['id']} ({message['direction']}, {message['channel']}, {message['created_at']})",
        f"  from     {who}: {_short(message['subject'] or message['preview'])}",
        f"  status   {message['delivery_status']}: it {STATUSES.get(message['delivery_status'], 'has this status')}",
        f"  thread   {thread['id']}, message {message['seq']} of {thread['last_seq']}, folder {thread['folder']}, "
        f"{thread['status']}, {'a person' if thread['control'] == 'human' else 'the AI'} in control",
        f"           because of the rule {thread['scope_rule']}: {RULES.get(thread['scope_rule'], '')}",
        *_erased(message),
        *_nature(message),
        *_decision(chain["decision"]),
        *[_escalated(one) for one in chain.get("escalations", [])],
        *_waiting(chain["waiting"]),
    ]
    for dispatch in chain["dispatches"]:
        lines += _dispatch(dispatch)
    lines += [f"  notified {note['title']} ({note['created_at']})" for note in chain["notifications"]]
    return lines


def _short(text: str | None, limit: int = 100) -> str:
    flat = " ".join((text or "").split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _erased(message: dict[str, Any]) -> list[str]:
    if not message.get("erased_at"):
        return []
    return [f"  erased   {message['erased_at']}, {ERASED.get(message.get('erased_because') or '', 'with its contact')}:"
            " its text, files and addresses are gone for good"]  # fmt: skip


def _nature(message: dict[str, Any]) -> list[str]:
    facts = []
    if message["auto_class"] != "none":
        reason = message["metadata"].get("auto_reason")
        facts.append(f"it is automatic mail ({message['auto_class']}{f': {reason}' if reason else ''})")
    if message["spam_score"] >= 0.5:
        facts.append(
            f"spam score {message['spam_score']:.2f} ({'; '.join(message['metadata'].get('spam_reasons', []))})"
        )
    if message["metadata"].get("unparsed"):
        facts.append(f"it could not be parsed ({message['metadata']['unparsed']}); the original is attached")
    if message["cause_kind"]:
        facts.append(f"it was caused by {message['cause_kind']} {message['cause_id'] or ''}".rstrip())
    return [f"  nature   {fact}" for fact in facts]


def _decision(decision: dict[str, Any] | None) -> list[str]:
    if not decision:
        return []
    action = ACTIONS.get(decision["action"], decision["action"])
    sure = "" if decision["confidence"] is None else f", {float(decision['confidence']):.0%} sure"
    lines = [
        f"  decision {action} (intent {decision['intent']}{sure}), by {decision['decider']}"
        f" under policy {decision['policy_version']}{_took(decision)}",
        *_asked(decision),
    ]
    if decision["proposed_action"]:
        lines.append(f"           the decider had proposed to {ACTIONS.get(decision['proposed_action'], '')}")
    return lines + [f"           - {reason}" for reason in decision["reasons"]]


def _took(decision: dict[str, Any]) -> str:
    return "" if decision["latency_ms"] is None else f", in {float(decision['latency_ms']):.0f} ms"


def _asked(decision: dict[str, Any]) -> list[str]:
    """Which model was asked, with which prompt, and what it cost: also where the rules decided in the end."""
    if not decision["model"]:
        return []
    cost = f"{decision['tokens_in']} tokens in, {decision['tokens_out']} out, {float(decision['cost_usd']):.6f} USD"
    return [f"           asked    {decision['model']} with prompt {decision['prompt_version']}: {cost}"]


def _escalated(one: dict[str, Any]) -> str:
    reasons = f" because of {', '.join(one['reasons'])}" if one["reasons"] else ""
    what = f"{one['signal']} {float(one['value']):g}{reasons}".replace("_", " ")
    return f"  escalated by the rule {one['rule']} of policy {one['policy_version']}: {one['action']} ({what})"


def _waiting(work: dict[str, Any] | None) -> list[str]:
    if not work:
        return []
    held = f"held by {work['claimed_by']} until {work['lease_until']}" if work["claimed_by"] else "not claimed yet"
    return [f"  waiting  since {work['since']}, {held}, {work['attempts']} errors, {work['expiries']} lost leases"]


def _dispatch(dispatch: dict[str, Any]) -> list[str]:
    reason = f" ({dispatch['status_reason']})" if dispatch["status_reason"] else ""
    lines = [f"  sending  {dispatch['purpose']} to {dispatch['recipient']}: {dispatch['status']}{reason}"]
    consent = dispatch["consent_id"]
    lines.append("           rests on " + (f"consent {consent}" if consent else f"message {dispatch['basis_seq']}"))
    for attempt in dispatch["attempts"]:
        outcome = attempt["outcome"] or ("no answer yet" if attempt["send_started_at"] else "not started")
        detail = attempt["error"] or attempt["provider_message_id"] or ""
        lines.append(
            f"           try {attempt['number']} at {attempt['claimed_at']}: {outcome} {_short(detail, 160)}".rstrip()
        )
    for receipt in dispatch["receipts"]:
        code = f" {receipt['status_code']}" if receipt["status_code"] else ""
        lines.append(f"           receipt {receipt['kind']}{code}: {_short(receipt['diagnostic'], 160)}".rstrip(": "))
    return lines
