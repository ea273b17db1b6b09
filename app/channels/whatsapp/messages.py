"""A dispatch as the Cloud API takes it: one message, one call."""

import mimetypes
from typing import Any

from app.channels.http_api import host_and_path
from app.channels.whatsapp.templates import fill
from app.domain.channels import Dispatch, OutgoingFile

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
    if len(files) > 1:
        raise UnsendableError("too_many_files", "WhatsApp takes one file a message: send the rest by itself")
    if dispatch.template is not None:
        if files and (dispatch.template.header or dispatch.template.header_link):
            raise UnsendableError("two_headers", "a template has one header: its file, its link or its text")
        if files and media_kind(files[0]) == "audio":
            raise UnsendableError("bad_file", "the header of a template is a picture, a video or a document")
        return
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
    shape = dispatch.template_shape
    if dispatch.in_reply_to and dispatch.purpose == "reply":
        message["context"] = {"message_id": dispatch.in_reply_to}
    if dispatch.template is not None:
        filled = fill(dispatch.template, _header(dispatch, media_id), shape.buttons if shape else {})
        return message | {"type": "template", "template": filled}
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


def _header(dispatch: Dispatch, media_id: str | None) -> tuple[str, dict[str, str]] | None:
    """The kind of a template's header and where Meta fetches it; None where it is text or nothing."""
    link = dispatch.template.header_link if dispatch.template else None
    said = dispatch.template_shape.header if dispatch.template_shape else None
    if media_id is not None:
        file = dispatch.attachments[0]
        kind = said.kind if said else media_kind(file)
        return kind, {"id": media_id} | ({"filename": file.filename} if kind == "document" else {})
    if link is None:
        return None
    guessed = (mimetypes.guess_type(host_and_path(link)[1])[0] or "").partition("/")[0]
    return said.kind if said else guessed if guessed in ("image", "video") else "document", {"link": link}
