"""What the fields and parameters of the operations board mean."""

from typing import Any

_P50 = "Half of them took at most so long, in seconds, a tenth more or less; null where nothing was timed."
_P95 = "95 of 100 took at most so long; null where nothing was timed."
_POINTS = (
    "VolumePoint", "DeliveryPoint", "DecisionPoint", "PeoplePoint", "ConnectionPoint", "ErrorPoint", "SeriesItem",
)  # fmt: skip
_TIMED = (
    "Delivery", "ChannelDelivery", "Responses", "Waiting", "Judged", "Connections", "SeriesItem",
)  # fmt: skip
_DELIVERED = {
    "written": "Messages that were to leave.",
    "open": "Of them: under way, or waiting for their time.",
    "sent": "Of them: a provider took them, and nothing more is known.",
    "delivered": "Of them: arrived, and no more is known.",
    "read": "Of them: were read.",
    "failed": "Of them: could not be sent.",
    "bounced": "Of them: came back.",
    "cancelled": "Of them: withdrawn before they left.",
    "unknown": "Of them: nobody knows whether the provider has them.",
    "success_rate": "sent, delivered and read, of those whose fate is settled, 0 to 1; null where none is.",
    "delivered_rate": "delivered and read, of those a provider took; null where it took none.",
    "read_rate": "read, of those a provider took; null where it took none.",
}
_VOLUME = {
    "inbound": "Messages that came in.",
    "outbound": "Messages that were to leave.",
    "internal": "Messages between people of a conversation.",
}
_SPANNED = ("OperationsBoard", "OperationsSeries")
OPERATING_FIELDS = {
    "from": "From this moment on: the beginning of an hour or day.",
    "to": "Up to this moment.",
    "step": "What points of a series stand for: an hour or a day (UTC).",
    "as_of": "All that was committed before this moment is counted; null before anything was.",
    "age_seconds": "How long ago that was.",
    **{f"{shape}.at": "The hour or day (UTC), by its beginning." for shape in _POINTS},
    **{f"{shape}.p50_seconds": _P50 for shape in _TIMED},
    **{f"{shape}.p95_seconds": _P95 for shape in _TIMED},
    **{f"{shape}.{name}": text for shape in ("Delivery", "ChannelDelivery") for name, text in _DELIVERED.items()},
    **{
        f"{shape}.{name}": text
        for shape in ("Volume", "ChannelVolume", "VolumePoint")
        for name, text in _VOLUME.items()
    },
    **{f"{shape}.channel": "The channel." for shape in ("ChannelVolume", "ChannelDelivery", "SeriesItem")},
    **{f"{shape}.channels": "The same by channel, those with most first." for shape in ("Volume", "Delivery")},
    **{
        f"{shape}.series": "The same in time, oldest first; only where there was something."
        for shape in ("Volume", "Delivery", "Decisions", "People", "Connections", "Errors")
    },
    "OperationsBoard.volume": "How many messages were written.",
    "OperationsBoard.delivery": "What became of those that were written in the span.",
    "OperationsBoard.attempts": "How every try of every send ended.",
    "OperationsBoard.responses": "How long people waited for an answer that left.",
    "OperationsBoard.decisions": "What was decided on what people wrote.",
    "OperationsBoard.threads": "Conversations of the inbox, now.",
    "OperationsBoard.queues": "What waits now, and how long things took.",
    "OperationsBoard.moderation": "What was decided about texts.",
    "OperationsBoard.uploads": "What became of files.",
    "OperationsBoard.people": "How many people wrote.",
    "OperationsBoard.realtime": "WebSockets of the tenant's people.",
    "OperationsBoard.errors": "What went wrong, by component.",
    "Volume.by_ai": "Of outbound: the AI's.",
    "Volume.by_agents": "Of outbound: people's.",
    "DeliveryPoint.arrived": "sent, delivered or read.",
    "DeliveryPoint.lost": "failed or bounced.",
    "DeliveryPoint.unknown": "Nobody knows.",
    "Attempts.outcome": "accepted, rejected, retry, unknown, refused (by a rule) or manual (a person has to send it).",
    "Attempts.attempts": "How many tries.",
    "Responses.by": "Who answered.",
    "Responses.turn": "The first answer in the conversation, or a later one.",
    "Responses.answers": "How many.",
    "Decisions.decisions": "How many.",
    "Decisions.auto_reply": "Of them: answered.",
    "Decisions.follow_up": "Of them: answered later.",
    "Decisions.no_reply": "Of them: nothing to answer.",
    "Decisions.human_takeover": "Of them: given to people.",
    "Decisions.error": "Of them: nobody could decide.",
    "Decisions.handover_rate": "human_takeover of decisions, 0 to 1; null without any.",
    "DecisionPoint.decisions": "How many.",
    "DecisionPoint.handovers": "Of them: given to people.",
    "ActiveThreads.active_hour": "In which something was written in the last hour.",
    "ActiveThreads.active_day": "In which something was written in the last 24 hours.",
    "ActiveThreads.open": "Open.",
    "ActiveThreads.with_people": "Of the open: people have them, not the AI.",
    "ActiveThreads.unread": "Of the open: with something unread.",
    "Waiting.queue": (
        "inbound, outbound, moderation, insights, assistants, attachments, notifier or ingress (providers' calls)."
    ),
    "Waiting.depth": "How much waits, or somebody is at.",
    "Waiting.in_flight": "How much somebody is at.",
    "Waiting.oldest_seconds": "How long the oldest is due.",
    "Judged.judged": "Verdicts of rules and models.",
    "Judged.approved": "Of them: let through.",
    "Judged.filtered": "Of them: masked.",
    "Judged.review": "Of them: held for a person.",
    "Judged.blocked": "Of them: stopped.",
    "Judged.by_people": "How often people decided.",
    "Uploads.files": "How many.",
    "Uploads.waiting": "Of them: for their bytes, or to be checked.",
    "Uploads.released": "Of them: given out.",
    "Uploads.refused": "Of them: refused.",
    "Uploads.gone": "Of them: were given out, and their time is over.",
    "Uploads.success_rate": "released and gone, of those that were checked; null where none was.",
    **{f"{shape}.staff": "Agents and API keys who wrote." for shape in ("People", "PeoplePoint")},
    **{f"{shape}.participants": "People of the chat who wrote." for shape in ("People", "PeoplePoint")},
    **{f"{shape}.contacts": "Outside contacts who wrote." for shape in ("People", "PeoplePoint")},
    "PeoplePoint.messages": "Messages of that day, whoever wrote them.",
    "Connections.connections": "Now, as gateways said in the last minute.",
    "Connections.processes": "How many gateways said so.",
    "Connections.reported_at": "When one last said anything; null where none ever did.",
    "Connections.opened": "Opened in the span.",
    "Connections.closed": "Ended in the span by their clients, or in good order.",
    "Connections.broken": "Cut off in the span: silent, or did not read.",
    "ConnectionPoint.connections": "The most there were at once.",
    "ConnectionPoint.opened": "Opened.",
    "ConnectionPoint.closed": "Ended in good order.",
    "Errors.errors": "How many.",
    "Errors.components": "By component, those with most first.",
    "ComponentErrors.component": "outbound:channel, inbound:channel, files or realtime.",
    "ComponentErrors.errors": "How many.",
    "ComponentErrors.of": "Of so many tries, decisions, files or connections.",
    "ComponentErrors.rate": "errors of of, 0 to 1.",
    "ErrorPoint.errors": "How many.",
    "OperationsSeries.metric": "What is counted.",
    "OperationsSeries.items": "By hour or day, channel and label, oldest first.",
    "OperationsSeries.more": "There is more than the 2,000 items shown: ask for less.",
    "SeriesItem.label": "A status, outcome, action or component: see the guide of analytics.",
    "SeriesItem.number": "How many.",
}
OPERATING_PARAMETERS: dict[str, tuple[str, Any]] = {
    "metric": ("What is counted.", "responses"),
    "from": ("From this moment on; left out: a day up to the end.", "2026-11-29T12:00:00Z"),
    "to": ("Up to this moment; left out: now.", "2026-11-30T12:00:00Z"),
    "step": ("By the hour (eight days at most) or by the day (a hundred); left out: hours up to three days.", "hour"),
}
