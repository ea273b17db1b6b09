"""What the desk's browsers find beside plain mails: HTML, hostile or not, and WhatsApp whose window has closed."""

import smtplib
import uuid
from email.message import EmailMessage
from email.utils import make_msgid

from psycopg.types.json import Jsonb

from tests.browser.hostile import VECTORS
from tests.support.surface import LocalProject

LETTER = """<html><head><style>.box { color: #0f766e; border: 1px solid; padding: 8px; }</style></head><body>
<h1>Our offer</h1><p class="box">A <b>kitchen</b> for <a href="https://shop.test/offer?id=7">you</a>.</p>
<table><tr><th>Piece</th><th>Price</th></tr><tr><td>Oak top</td><td>310</td></tr></table>
<img src="https://pictures.test/kitchen.png" alt="The kitchen"></body></html>"""
TEMPLATES = [
    ("visit_reminder", "en_US", "approved", {"body": 2},
     [{"type": "HEADER", "format": "TEXT", "text": "Your visit"}, {"type": "BODY", "text": "We come on {{1}} at {{2}}."},
      {"type": "FOOTER", "text": "Acme"}]),
    ("offer", "de", "approved", {"body": ["name"]}, [{"type": "BODY", "text": "Hallo {{name}}, Ihr Angebot ist da."}]),
    ("not_yet", "en_US", "pending", {"body": 0}, [{"type": "BODY", "text": "Nobody may send this."}]),
]  # fmt: skip


def letter(local: LocalProject, to: str) -> dict[str, str]:
    """A mail with HTML, over SMTP."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Lotta Letter <lotta@people.test>", to, "Our offer"
    mail["Message-ID"] = make_msgid(domain="people.test")
    mail.set_content("Our offer\n\nA kitchen for you.")
    mail.add_alternative(LETTER, subtype="html")
    with smtplib.SMTP("127.0.0.1", local.room.smtp_port, timeout=60) as server:
        server.send_message(mail)
    return {"name": "Lotta Letter"}


def hostile_letters(local: LocalProject) -> dict[str, int]:
    """A conversation with a mail for each vector, as a receiver would have stored them."""
    world = local.room.world
    tenant = world.value("select id from public.tenants where slug = 'acme'")
    session = world.value(
        "select id from public.et_channel_sessions where tenant_id = %s and address = 'support@acme.test'", tenant
    )
    for number, vector in enumerate(VECTORS):
        made = world.value(
            "insert into public.et_messages (tenant_id, channel, channel_session_id, direction, delivery_status, sender_kind,"
            " sender, sender_address, sender_name, subject, body, external_message_id, metadata, auto_class) values (%s,"
            " 'email', %s, 'inbound', 'received', 'contact', '', %s, %s, 'Hostile', %s, %s, '{\"html\": true}', 'none')"
            " returning id", tenant, session, f"vector{number % 2}@evil.test", f"Vectors {number % 2}",
            f"vector {number}", f"{uuid.uuid4().hex}@evil.test",
        )  # fmt: skip
        world.owner.execute("insert into private.message_html values (%s, %s, %s)", [tenant, made, vector])
    return {"vectors": len(VECTORS)}


def whatsapp(local: LocalProject) -> dict[str, str]:
    """Somebody wrote on WhatsApp more than a day ago; the account has three templates, of which two are approved."""
    world = local.room.world
    tenant = world.value("select id from public.tenants where slug = 'acme'")
    if world.all("select 1 from public.et_channel_sessions where address = '+15550001111'"):
        return {"name": "Wanda Window"}
    session = world.value(
        "insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, status, verified_at,"
        " templates_read_at) values (%s, 'whatsapp', 'whatsapp_cloud', 'WhatsApp', '+15550001111', 'connected', now(), now())"
        " returning id", tenant,
    )  # fmt: skip
    for name, language, status, shape, components in TEMPLATES:
        world.owner.execute(
            "insert into public.message_templates (tenant_id, session_id, name, language, status, category, shape, components)"
            " values (%s, %s, %s, %s, %s, 'utility', %s, %s)",
            [tenant, session, name, language, status, Jsonb(shape), Jsonb(components)],
        )
    world.owner.execute(
        "insert into public.et_messages (tenant_id, channel, channel_session_id, direction, delivery_status, sender_kind,"
        " sender, sender_address, sender_name, body, external_message_id, auto_class, occurred_at)"
        " values (%s, 'whatsapp', %s, 'inbound', 'received', 'contact', '', '+12025550188', 'Wanda Window',"
        " 'When do you come?', %s, 'none', now() - interval '25 hours')", [tenant, session, uuid.uuid4().hex],
    )  # fmt: skip
    return {"name": "Wanda Window"}
