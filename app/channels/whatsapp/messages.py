"""A dispatch as the Cloud API takes it: one message, one call."""

from typing import Any

from app.domain.channels import Dispatch, OutgoingFile, Template

TEXT_MOST = 4096
CAPTION_MOST = 1024
FILE_MOST = 100 * 1024 * 1024
_MEDIA = {
    "image": ({"image/jpeg", "image/png"}, 5 * 1024 * 1024),
    "audio": ({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}, 16 * 1024 * 1024),
    "video": ({"video/mp4", "video/3gpp"}, 16 * 1024 * 1024),
}
"""Kind → the types and the size it is shown as such; everything else is a document."""


class UnsendableError(Exception):
    """A message WhatsApp would not take, or not in one call."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def refuse_unsendable(dispatch: Dispatch) -> None:
    """What would be refused is refused before anything is uploaded. Raises UnsendableError."""
    files = dispatch.attachments
    if dispatch.template is not None:
        if files:
            raise UnsendableError("no_files", "a template is sent without files")
        return
    if len(files) > 1:
        raise UnsendableError("too_many_files", "WhatsApp takes one file a message: send the rest by itself")
    if not files:
        if not dispatch.body.strip():
            raise UnsendableError("empty", "WhatsApp takes no empty message")
        return
    if not files[0].data or len(files[0].data) > FILE_MOST:
        raise UnsendableError("bad_file", f"a file has 1 to {FILE_MOST} bytes")
    if dispatch.body.strip() and media_kind(files[0]) == "audio":
        raise UnsendableError("no_caption", "WhatsApp shows no text beside audio: send the text by itself")
    if len(dispatch.body) > CAPTION_MOST:
        raise UnsendableError("too_long", f"at most {CAPTION_MOST} characters beside a file: send the text by itself")


def compose(dispatch: Dispatch, media_id: str | None) -> dict[str, Any]:
    """The message; `media_id` is its file, uploaded before. Statuses repeat our queue id."""
    message: dict[str, Any] = {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": dispatch.recipient.lstrip("+"),
        "biz_opaque_callback_data": dispatch.queue_id,
    }  # fmt: skip
    if dispatch.in_reply_to and dispatch.purpose == "reply":
        message["context"] = {"message_id": dispatch.in_reply_to}
    if dispatch.template is not None:
        return message | {"type": "template", "template": _template(dispatch.template)}
    if media_id is not None:
        return message | _media(dispatch, media_id)
    return message | {"type": "text", "text": {"body": dispatch.body, "preview_url": False}}


def media_kind(file: OutgoingFile) -> str:
    """image, audio, video or document: what the file is shown as."""
    for kind, (types, most) in _MEDIA.items():
        if file.content_type.partition(";")[0].strip().lower() in types and len(file.data) <= most:
            return kind
    return "document"


def _media(dispatch: Dispatch, media_id: str) -> dict[str, Any]:
    file = dispatch.attachments[0]
    kind = media_kind(file)
    about: dict[str, Any] = {"id": media_id}
    if kind == "document":
        about["filename"] = file.filename
    if dispatch.body.strip():
        about["caption"] = dispatch.body
    return {"type": kind, kind: about}


def _template(given: Template) -> dict[str, Any]:
    if isinstance(given.variables, dict):
        filled = [{"type": "text", "parameter_name": name, "text": text} for name, text in given.variables.items()]
    else:
        filled = [{"type": "text", "text": text} for text in given.variables]
    template: dict[str, Any] = {"name": given.name, "language": {"code": given.language}}
    if filled:
        template["components"] = [{"type": "body", "parameters": filled}]
    return template
