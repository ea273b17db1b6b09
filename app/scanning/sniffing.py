"""What the first bytes of a file say it is, and whether it may be given out.

Refused are programs, whatever they are called; files whose name starts a program when it is opened; and files that say
they are a picture, a recording or a PDF and are something else. Text has no first bytes: it is given out as what it was
sent as. Nothing is unpacked.
"""

import re

import filetype
import msgspec

HEAD = 8192
"""Bytes that are looked at; no format we tell apart needs more."""
_PROGRAMS = {
    "application/x-msdownload", "application/x-executable", "application/vnd.microsoft.portable-executable",
    "application/x-mach-binary", "application/java-vm", "application/x-ms-shortcut", "application/x-dex",
    "application/wasm", "application/x-google-chrome-extension", "application/x-deb", "application/x-rpm",
    "text/x-script",
}  # fmt: skip
_ALSO = (
    (b"\x7fELF", "application/x-executable"),
    (b"\xfe\xed\xfa\xce", "application/x-mach-binary"), (b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (b"\xce\xfa\xed\xfe", "application/x-mach-binary"), (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (b"dex\n", "application/x-dex"), (b"#!/", "text/x-script"), (b"#! /", "text/x-script"),
)  # fmt: skip
"""First bytes the library does not know: programs of other systems, and scripts."""
_MARKUP = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|iframe)\b", re.IGNORECASE | re.DOTALL
)
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]*")
_ENDINGS = {
    "apk", "app", "appref-ms", "bat", "chm", "cmd", "com", "cpl", "dll", "exe", "gadget", "hta", "inf", "ins", "isp",
    "jar", "js", "jse", "lnk", "msc", "msi", "msp", "mst", "pif", "ps1", "reg", "scr", "sct", "shb", "sys", "vb",
    "vbe", "vbs", "vxd", "wsc", "wsf", "wsh",
}  # fmt: skip
"""Endings of names that start something when a person opens the file."""


class Sniffed(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is and, if it may not be given out, why."""

    detected_type: str | None = None
    refused: str | None = None


def sniff(filename: str, declared: str, data: bytes) -> Sniffed:
    """The type of `data` by its first bytes, and the reason when it is refused."""
    found = detect(data)
    if found in _PROGRAMS:
        return Sniffed(detected_type=found, refused=f"a program ({found})")
    ending = filename.rstrip(". ").rpartition(".")[2].lower()
    if ending in _ENDINGS and "." in filename:
        return Sniffed(detected_type=found, refused=f"its name ends in .{ending}, which starts a program")
    if found is not None and _lies(declared.partition(";")[0].strip().lower(), found):
        return Sniffed(detected_type=found, refused=f"said to be {declared[:100]}, is {found}")
    return Sniffed(detected_type=found)


def detect(data: bytes) -> str | None:
    """The type the first bytes name; None for text and for what nobody knows."""
    head = data[:HEAD]
    for start, kind in _ALSO:
        if head.startswith(start):
            return kind
    if _MARKUP.match(head):
        return "text/html"
    kind = filetype.guess(head)
    if kind is None or (kind.mime == "application/x-msdownload" and _TEXT.fullmatch(head)):
        return None  # two letters are no program: "MZ is short for ..."
    return str(kind.mime)


def _lies(declared: str, found: str) -> bool:
    """Whether a file that is opened without a thought is said to be one and is something else."""
    said, real = _family(declared), _family(found)
    return said in ("image", "media", "pdf") and real != said


def _family(kind: str) -> str:
    if kind in ("application/pdf", "application/x-pdf"):
        return "pdf"
    if kind in ("application/ogg", "application/mp4"):
        return "media"
    family = kind.partition("/")[0]
    return "media" if family in ("audio", "video") else family
