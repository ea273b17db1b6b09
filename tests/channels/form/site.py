"""Contractors' sites: a real web server on a loopback port, one path per kind of contact form."""

import contextlib
import threading
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

PAGES: dict[str, str] = {
    "/plain": """<html><body><form action="/search"><input type="search" name="q"></form>
      <form action="/take" method="post"><label for=n>Your name *</label><input id=n name="fullname">
      <input type="email" name="mail" required><input type=tel name=tel>
      <textarea name="msg" required placeholder="Your message"></textarea>
      <input type="hidden" name="csrf" value="c-123"><input type="submit" name="go" value="Send"></form></body></html>""",
    "/trap": """<form action="/take" method="post"><input name="name" required><input name="email" type="email">
      <div style="position:absolute; left:-9999px"><input name="website" tabindex="-1" autocomplete="off"></div>
      <input name="email2" class="hp-field"><input type="text" name="hp_check"><textarea name="message"></textarea></form>""",
    "/captcha": """<form method="post"><input name="email" type="email"><textarea name="message"></textarea>
      <div class="g-recaptcha" data-sitekey="x"></div></form>""",
    "/turnstile": """<script src="https://challenges.cloudflare.com/turnstile/v0/api.js"></script>
      <form method="post"><input name="email" type="email"><textarea name="message"></textarea></form>""",
    "/invisible": """<script>grecaptcha.ready(() => grecaptcha.execute('key'))</script>
      <form method="post"><input name="email" type="email"><textarea name="message"></textarea></form>""",
    "/widget": """<form method="post"><input name="email" type="email"><textarea name="message"></textarea>
      <div data-sitekey="10000000-ffff"></div></form>""",
    "/picture": """<form method="post"><input name="email" type="email"><textarea name="message"></textarea>
      <img src="/captcha.php?id=1"><input name="code"></form>""",
    "/sum": """<form method="post"><input name="email" type="email"><textarea name="message"></textarea>
      <label for=s>Are you human? 3 + 4</label><input id=s name="sum"></form>""",
    "/named-trap": """<form action="/take" method="post"><input name="name"><input name="email" type="email">
      <input type="text" name="hp_check"><textarea name="message"></textarea></form>""",
    "/unseen-trap": """<form action="/take" method="post"><input name="name"><input name="email" type="email">
      <div style="position:absolute; left:-9999px"><input name="website" tabindex="-1" autocomplete="off"></div>
      <textarea name="message"></textarea></form>""",
    "/styled-trap": """<style>@media print { .narrow { display: none } } p, .more { display: none }</style>
      <form action="/take" method="post"><input name="email" type="email"><textarea name="message"></textarea>
      <p class="more"><input name="website"></p></form>""",
    "/ticked-trap": """<form action="/take" method="post"><input name="email" type="email"><textarea name="message"></textarea>
      <input type="checkbox" name="botcheck"></form>""",
    "/narrow": """<style>@media (max-width: 9em) { .narrow { display: none } } .narrow { color: red }</style>
      <form action="/take" method="post"><input name="email" type="email"><textarea name="message"></textarea>
      <p class="narrow"><input name="company_name"></p></form>""",
    "/second-step": """<form action="/take" method="post"><input name="email" type="email"><textarea name="message"></textarea>
      <div style="display: none"><input name="company_name"></div></form>""",
    "/asks-later": """<form action="/challenge" method="post"><input name="email" type="email">
      <textarea name="message"></textarea></form>""",
    "/terms": """<form action="/take" method="post"><input name="email" type="email"><textarea name="message"></textarea>
      <label><input type="checkbox" name="agree" value="yes" required> I accept the privacy policy</label></form>""",
    "/license": """<form action="/take" method="post"><input name="email" type="email"><textarea name="message"></textarea>
      <input name="license_no" required></form>""",
    "/upload": """<form action="/take" method="post" enctype="multipart/form-data"><input name="vorname">
      <input name="nachname"><input name="email" type="email"><select name="topic" required><option value="">choose</option>
      <option value="roof">Roof</option><option value="other">Other</option></select><textarea name="nachricht"></textarea>
      <input type="file" name="photo"></form>""",
    "/api": """<form action="/json" method="post"><input name="email" type="email"><textarea name="message"></textarea></form>""",
    "/api-no": """<form action="/json-no" method="post"><input name="email" type="email"><textarea name="message"></textarea></form>""",
    "/mute": """<form action="/nothing" method="post"><input name="email" type="email"><textarea name="message"></textarea></form>""",
    "/errors": """<form action="/again" method="post"><input name="email" type="email"><textarea name="message"></textarea></form>""",
    "/hangs-up": """<form action="/drop" method="post"><input name="email" type="email"><textarea name="message"></textarea></form>""",
    "/busy": """<form action="/429" method="post"><input name="email" type="email"><textarea name="message"></textarea></form>""",
    "/leads-inside": """<form action="/redirect-inside" method="post"><input name="email" type="email">
      <textarea name="message"></textarea></form>""",
    "/login": """<form method="post"><input name="user"><input type="password" name="p"></form>""",
}  # fmt: skip
ANSWERS: dict[str, tuple[int, dict[str, str], str]] = {
    "/take": (303, {"Location": "/thanks"}, ""),
    "/json": (200, {"Content-Type": "application/json"}, '{"success": true}'),
    "/json-no": (200, {"Content-Type": "application/json"}, '{"success": false, "message": "no"}'),
    "/challenge": (
        200,
        {"Content-Type": "text/html"},
        """<h1>Almost there</h1><form><div class="h-captcha"></div></form>""",
    ),
    "/nothing": (200, {"Content-Type": "text/html"}, "<p>Our services</p>"),
    "/again": (200, {"Content-Type": "text/html"}, "<p class=error>This field is required.</p>"),
    "/429": (429, {"Retry-After": "17"}, "slow down"),
    "/redirect-inside": (302, {"Location": "http://169.254.169.254/latest/meta-data"}, ""),
}


class Site:
    """What was submitted: path, cookies and fields of every POST."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.submitted: list[tuple[str, str, dict[str, str]]] = []


def fields(body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a submitted form, urlencoded or multipart."""
    if "multipart" not in content_type:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    mail = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts = mail.get_payload()
    assert isinstance(parts, list)
    return {str(part.get_param("name", header="content-disposition")): bytes(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
            for part in parts}  # type: ignore[union-attr]  # fmt: skip


@contextlib.contextmanager
def site() -> Iterator[Site]:
    """The sites, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/thanks":
                self._answer(200, {"Content-Type": "text/html"}, "<h1>Thank you!</h1> We have received your message.")
            elif self.path in PAGES:
                self._answer(200, {"Content-Type": "text/html", "Set-Cookie": "visit=v1"}, PAGES[self.path])
            elif self.path == "/guarded":
                challenge = (
                    '<title>Just a moment...</title><script src="https://challenges.cloudflare.com/x.js"></script>'
                )
                self._answer(403, {"Content-Type": "text/html"}, challenge)
            elif self.path == "/gone":
                self._answer(410, {}, "gone")
            else:
                self._answer(404, {}, "nothing here")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.submitted.append(
                (self.path, self.headers.get("Cookie", ""), fields(body, self.headers.get("Content-Type", "")))
            )
            if self.path == "/drop":
                self.connection.close()
                return
            self._answer(*ANSWERS[self.path])

        def _answer(self, status: int, headers: dict[str, str], body: str) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
