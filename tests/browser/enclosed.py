"""Mails with pictures in them: one as a mail program writes it, and some that call for what is not theirs."""

import smtplib
import uuid
from email.message import EmailMessage
from email.utils import make_msgid
from io import BytesIO

import msgspec
from PIL import Image
from psycopg.types.json import Jsonb

from app.scanning.sniffing import sniff
from tests.support.surface import LocalProject

PAGE = b"<!doctype html><html><body><script>top.hacked=1</script></body></html>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='top.hacked=1'><script>top.hacked=1</script></svg>"
NAME = "Paula Picture"
LAYOUT = (
    '<p>Our kitchen</p><img alt="plan" src="cid:plan%40shop.test"><img alt="again" src="CID:plan@shop.test">'
    '<img alt="first" src="cid:twice@shop.test"><img alt="vector" src="cid:svg@shop.test">'
    '<img alt="page" src="cid:page@shop.test"><img alt="script" src="cid:javascript:top.hacked=1">'
    '<img alt="other" src="cid:other@evil.test"><img alt="tenant" src="cid:birch@evil.test">'
    '<img alt="huge" src="cid:huge@shop.test"><img alt="proto" src="cid:__proto__"><a href="cid:plan@shop.test">file</a>'
)
"""What it calls for: two pictures of its own, one of two of a name, and what must not be shown."""


def picture(width: int = 6, height: int = 4, colour: str = "red", kind: str = "PNG") -> bytes:
    """A real one."""
    held = BytesIO()
    Image.new("RGB", (width, height), colour).save(held, kind)
    return held.getvalue()


def letter(local: LocalProject, to: str) -> dict[str, str]:
    """A multipart/related mail over SMTP, after two others whose pictures it would like to show."""
    _foreign(local, "acme", "other@evil.test")
    _foreign(local, "birch", "birch@evil.test")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"{NAME} <paula@people.test>", to, "Our kitchen"
    mail["Message-ID"] = make_msgid(domain="people.test")
    mail.set_content("Our kitchen: the plan is in this mail.")
    mail.add_alternative(LAYOUT, subtype="html")
    html = mail.get_payload()[1]  # type: ignore[index]
    for cid, kind, subtype, data in (
        ("plan@shop.test", "image", "png", picture()),
        ("twice@shop.test", "image", "gif", picture(9, 9, "blue", "GIF")),
        ("twice@shop.test", "image", "png", picture(2, 2, "green")),
        ("svg@shop.test", "image", "svg+xml", SVG),
        ("page@shop.test", "text", "html", PAGE),
        ("javascript:top.hacked=1", "text", "html", PAGE),
        ("huge@shop.test", "image", "png", picture() + bytes(5_000_001)),
    ):
        html.add_related(data, kind, subtype, cid=f"<{cid}>", filename=f"{uuid.uuid4().hex}.{subtype[:3]}")  # type: ignore[union-attr]
    with smtplib.SMTP("127.0.0.1", local.room.smtp_port, timeout=60) as server:
        server.send_message(mail)
    return {"name": NAME}


def _foreign(local: LocalProject, slug: str, cid: str) -> None:
    world = local.room.world
    [found] = world.all(
        "select m.tenant_id, m.id from public.et_messages as m inner join public.tenants as t on t.id = m.tenant_id"
        " where t.slug = %s order by m.created_at limit 1", slug,
    )  # fmt: skip
    data, file = picture(), uuid.uuid4()
    world.owner.execute(
        "insert into public.message_attachments (tenant_id, id, message_id, filename, content_type, size_bytes, content_id)"
        " values (%s, %s, %s, 'x.png', 'image/png', %s, %s)", [found["tenant_id"], file, found["id"], len(data), cid],
    )  # fmt: skip
    world.owner.execute("insert into private.attachment_blobs values (%s, %s, %s)", [found["tenant_id"], file, data])


def check(local: LocalProject) -> dict[str, int]:
    """Every file that waits is looked at, as the attachments worker does without a scanner."""
    world = local.room.world
    waiting = world.all(
        "select a.tenant_id, a.id, a.filename, a.content_type, b.data from public.message_attachments as a inner join"
        " private.attachment_blobs as b on b.tenant_id = a.tenant_id and b.attachment_id = a.id where a.status = 'quarantined'"
    )
    for one in waiting:
        verdict = msgspec.to_builtins(sniff(one["filename"], one["content_type"], bytes(one["data"]))) | {
            "checked_by": "sniff"
        }
        key = [one["tenant_id"], one["id"]]
        world.owner.execute(
            "update private.attachment_work set fence = 7, lease_until = 'infinity' where tenant_id = %s and attachment_id = %s",
            key,
        )
        world.owner.execute("select private.settle_attachment(%s, %s, 7, %s)", [*key, Jsonb(verdict)])
    return {"files": len(waiting)}
