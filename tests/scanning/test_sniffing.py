"""What a file is by its first bytes, and which files are not given out."""

import io
import struct
import zipfile

import pytest

from app.scanning.sniffing import detect, sniff

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 40
PDF = b"%PDF-1.7\n" + b"x" * 40
PE = b"MZ\x90\x00\x03" + b"\0" * 55 + struct.pack("<I", 0x80) + b"\0" * 64 + b"PE\0\0L\x01" + b"\0" * 100
ELF = b"\x7fELF\x02\x01\x01" + b"\0" * 60
OGG = b"OggS\x00\x02" + b"\0" * 22 + b"\x01\x13OpusHead" + b"\0" * 40


def archive(*names: str) -> bytes:
    """A zip with these members."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for member in names:
            made.writestr(member, "x")
    return held.getvalue()


PROGRAMS = {
    "windows": PE, "linux": ELF, "macos": b"\xcf\xfa\xed\xfe\x07\x00\x00\x01" + b"\0" * 60,
    "macos, both": b"\xca\xfe\xba\xbe\x00\x00\x00\x02" + b"\0" * 60, "java": b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + b"\0" * 60,
    "android": b"dex\n035\0" + b"\0" * 60, "shortcut": bytes.fromhex("4c0000000114020000000000c000000000000046") + b"\0" * 60,
    "shell": b"#!/bin/sh\nrm -rf ~\n", "web assembly": b"\0asm\x01\0\0\0",
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(("name", "declared"), [("photo.jpg", "image/jpeg"), ("notes.txt", "text/plain"),
                                                ("file", "application/octet-stream")])  # fmt: skip
def test_a_program_is_refused_whatever_it_is_called(program: str, name: str, declared: str) -> None:
    """Its first bytes give it away, not its name or what the sender says."""
    refused = sniff(name, declared, PROGRAMS[program]).refused
    assert refused is not None and refused.startswith("a program")


@pytest.mark.parametrize(
    "name",
    ["run.exe", "Invoice.pdf.EXE", "a.js", "x.bat", "tool.jar", "app.apk", "link.lnk", "y.ps1", "z.scr. ", "w.hta"],
)
def test_a_name_that_starts_a_program_is_refused(name: str) -> None:
    """Scripts have no first bytes, and an archive may be a program: what a click would start goes by its name."""
    for data in (b"WScript.Echo(1)", archive("classes.dex")):
        refused = sniff(name, "application/octet-stream", data).refused
        assert refused is not None and "starts a program" in refused


@pytest.mark.parametrize(
    ("declared", "data"),
    [("image/png", archive("a")), ("image/jpeg", b"<!DOCTYPE html><script>alert(1)</script>"), ("image/gif", PDF),
     ("application/pdf", b"\n <!-- x --> <html><body>"), ("application/pdf", archive("a")), ("audio/ogg", PNG),
     ("video/mp4", PDF), ("IMAGE/PNG; name=x", archive("a"))],
)  # fmt: skip
def test_a_lie_about_what_opens_without_a_thought_is_refused(declared: str, data: bytes) -> None:
    """A picture, a recording or a PDF that is something else."""
    refused = sniff("x", declared, data).refused
    assert refused is not None and refused.startswith("said to be")


@pytest.mark.parametrize(
    ("name", "declared", "data", "detected"),
    [
        ("a.png", "image/png", PNG, "image/png"), ("a.jpg", "image/jpeg", PNG, "image/png"),
        ("a.jpg", "application/octet-stream", JPEG, "image/jpeg"), ("a.pdf", "application/pdf", PDF, "application/pdf"),
        ("v.ogg", "audio/ogg", OGG, "audio/ogg"), ("v.ogg", "video/ogg", OGG, "audio/ogg"),
        ("v.ogg", "application/ogg", OGG, "audio/ogg"), ("a.zip", "application/zip", archive("a.txt"), "application/zip"),
        ("a.docx", "application/zip", archive("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.txt", "text/plain", b"hello", None), ("a.csv", "text/csv", b"a,b\n1,2\n", None), ("a", "text/plain", b"", None),
        ("a.svg", "image/svg+xml", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', None),
        ("a.html", "text/html", b"<html><body>hi", "text/html"), ("a.ics", "text/calendar", b"BEGIN:VCALENDAR\r\n", None),
        ("a.txt", "text/plain", b"MZ is short for Mark Zbikowski.\n", None),
        ("com", "text/plain", b"a name without a dot has no ending", None),
        ("broken.jpg", "image/jpeg", b"not known to anybody \x00\x01\x02", None),
    ],
)  # fmt: skip
def test_what_people_send_is_given_out(name: str, declared: str, data: bytes, detected: str | None) -> None:
    """Files of every day pass; what cannot be told is not held against them, since all are downloads."""
    sniffed = sniff(name, declared, data)
    assert (sniffed.refused, sniffed.detected_type) == (None, detected)


def test_only_the_beginning_is_looked_at() -> None:
    """Ten megabytes cost no more than ten kilobytes, and hostile beginnings no more than friendly ones."""
    assert detect(PNG + b"\0" * 10_000_000) == "image/png"
    assert detect(b"<!--" * 500_000) is None
    assert detect(b" " * 10_000_000 + b"<html>") is None
