"""From a dispatch to the mail it stands for: the same whichever way it goes out."""

from app.channels.email.tracked import tracked_html
from app.domain.channels import Dispatch
from app.domain.email import OutgoingMail

_UNSUBSCRIBABLE = {"notification", "marketing"}
_WRITTEN_BY_PEOPLE = {"agent", "participant"}


class MissingFileError(ValueError):
    """A file of the message is not there any more; a mail that promises it must not leave without it."""


def to_mail(dispatch: Dispatch) -> OutgoingMail:
    """The mail a dispatch stands for. Notifications and marketing carry a way to unsubscribe, by mail if no URL is set.

    Raises `MissingFileError`.
    """
    for file in dispatch.attachments:
        if len(file.data) != file.size_bytes:
            raise MissingFileError(f"the file {file.filename[:100]} has {len(file.data)} of {file.size_bytes} bytes")
    config = dispatch.session_config
    smtp = config.get("smtp")
    unsubscribe = config.get("unsubscribe")
    ways = unsubscribe if isinstance(unsubscribe, dict) else {}
    listed = dispatch.purpose in _UNSUBSCRIBABLE
    mailto = ways.get("mailto") or f"{dispatch.sender_address}?subject=unsubscribe"
    domain = dispatch.sender_address.rpartition("@")[2] or "localhost"
    return OutgoingMail(
        message_id=dispatch.external_message_id or f"{dispatch.queue_id}@{domain}",
        from_address=dispatch.sender_address,
        from_name=dispatch.sender_name,
        to_address=dispatch.recipient,
        to_name=dispatch.recipient_name,
        subject=dispatch.subject or "",
        text=dispatch.body,
        in_reply_to=dispatch.in_reply_to,
        references=dispatch.references,
        reply_to=str(config["reply_to"]) if config.get("reply_to") else None,
        auto_generated=dispatch.sender_kind not in _WRITTEN_BY_PEOPLE,
        unsubscribe_url=(str(ways["url"]) if ways.get("url") else dispatch.links.unsubscribe) if listed else None,
        unsubscribe_mailto=str(mailto) if listed else None,
        envelope_from=str(smtp["envelope_from"]) if isinstance(smtp, dict) and smtp.get("envelope_from") else None,
        files=dispatch.attachments,
        html=tracked_html(dispatch.body, dispatch.links),
        more_headers=relay_headers(dispatch),
    )


def relay_headers(dispatch: Dispatch) -> tuple[tuple[str, str], ...]:
    """What the relay of a provider that pushes events is asked to repeat in them: our queue row. `config.webhook.kind`
    names the provider, as the edge function reads it."""
    webhook = dispatch.session_config.get("webhook")
    ways = webhook if isinstance(webhook, dict) else {}
    if ways.get("kind") == "ses":
        named = ways.get("configuration_set")
        chosen = (("X-SES-CONFIGURATION-SET", str(named)),) if named else ()
        return (*chosen, ("X-SES-MESSAGE-TAGS", f"queue_id={dispatch.queue_id}"))
    if ways.get("kind") == "sendgrid":
        return (("X-SMTPAPI", f'{{"unique_args": {{"queue_id": "{dispatch.queue_id}"}}}}'),)
    return ()
