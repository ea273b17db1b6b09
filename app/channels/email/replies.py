# ruff: noqa: E501 - a pattern reads better on one line
"""What the person wrote, without the history below it: one pass over the lines, linear on any input.

Ready-made libraries (mail-parser-reply, email-reply-parser) match whole-text patterns that are quadratic on hostile
mail (2,000 blank lines took 0.4 s, four times that for each doubling), so only short lines meet a pattern here.
"""

import re

_MAX_LINES = 20_000
_MAX_LINE = 400

_WROTE = re.compile(
    r"""(?ix)^\W{0,3}(?:
      on\s.*\bwrote | at\s.*\bwrote | .*<[^<>\s]+@[^<>\s]+>.*\b(?:wrote|writes|schrieb|a\sécrit|escribió|ha\sscritto|schreef)
    | .{1,80}\b(?:wrote|writes|said)
    | (?:am|on|op|den|dne|dnia|le|el|il|em|le)\s.*\d.*\b(?:schrieb|schreef|skrev|napsal(?:\(a\))?|napisa[łl](?:\(a\))?
        |a\sécrit|escribió|ha\sscritto|escreveu)\b.{0,80}
    | .{1,80}\b(?:schrieb|schreef|skrev|a\sécrit|escribió|ha\sscritto|escreveu|пишет|писал(?:\(а\)|а)?|написал(?:\(а\)|а)?|napisał\(a\)|napsal\(a\))
    | \d{4}[-/年.].{1,80}(?:写道|のメール|書きました) | .*<[^<>\s]+@[^<>\s]+>\s*(?:写道|さんは書きました)?
    | .{1,80}님이\s작성 .{0,20}
    | \d{4}년.{1,80}
    )\s*[:：]\s*$"""
)
_OPENERS = re.compile(r"(?i)^\W{0,3}(?:on|at|am|le|el|il|op|den|dne|dnia|em|w dniu|\d{4}[-/年]|\d{1,2}[./]\d{1,2}[./])")
_ORIGINAL = re.compile(
    r"(?i)^\W{0,3}[-_=*]{3,}\s*(?:original(?:e)? (?:message|appointment|mail)|ursprüngliche nachricht|originalnachricht"
    r"|mensaje original|message d'origine|message original|messaggio originale|oorspronkelijk bericht|mensagem original"
    r"|ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding|původní zpráva|wiadomość oryginalna"
    r"|исходное сообщение|元のメッセージ|原始邮件|원본 메시지|reply message)\s*[-_=*]{3,}\s*$"
)
_FORWARDED = re.compile(
    r"(?i)^\W{0,3}(?:[-_=*]{3,}\s*(?:forwarded message|forwarded by|weitergeleitete nachricht|mensaje reenviado"
    r"|message transféré|messaggio inoltrato|doorgestuurd bericht|przekazana wiadomość|пересылаемое сообщение)"
    r"|begin forwarded message|anfang der weitergeleiteten nachricht|début du message réexpédié|inicio del mensaje reenviado)"
)
_HEAD_FROM = re.compile(
    r"(?i)^\W{0,4}(?:from|von|de|da|van|od|från|fra|от|发件人|差出人|보낸\s?사람)\s?[*_]{0,2}\s?[:：]\s*[*_]{0,2}\s*\S"
)
_HEAD_OTHER = re.compile(
    r"(?i)^\W{0,4}(?:sent|to|cc|bcc|subject|date|reply-to|gesendet|an|betreff|datum|kopie|envoyé|à|objet|date|cc|enviado|para|asunto"
    r"|fecha|inviato|a|oggetto|data|verzonden|aan|onderwerp|wysłano|do|temat|dw|odesláno|komu|předmět|skickat|till|ämne|sendt|til"
    r"|emne|assunto|enviada em|отправлено|кому|тема|дата|发送时间|收件人|主题|抄送|日時|宛先|件名|날짜|받는\s?사람|제목)\s?[*_]{0,2}\s?[:：]"
)
_RULE = re.compile(r"^[_\-=]{20,}\s*$")
_DEVICE = re.compile(
    r"(?i)^\W{0,3}(?:sent from (?:my|mail|outlook|yahoo|proton|the)\b.{0,80}|get outlook for .{0,60}|sent (?:via|with) .{0,60}"
    r"|(?:diese nachricht wurde )?(?:von meinem .{1,40} gesendet|gesendet (?:von|mit) .{1,60})|envoyé (?:depuis|de mon|de ma) .{1,60}"
    r"|enviado desde .{1,60}|enviado do meu .{1,60}|inviato da(?:l mio)? .{1,60}|verzonden vanaf .{1,60}|verstuurd vanaf .{1,60}"
    r"|wysłane z .{1,60}|odesláno z .{1,60}|skickat från .{1,60}|sendt fra .{1,60}|отправлено (?:с|из) .{1,60}|从我的.{1,20}发送"
    r"|iphoneから送信|나의 .{1,20}에서 보냄)\.?\s*$"
)
_CLOSING = re.compile(
    r"(?i)^\W{0,2}(?:(?:best|kind|kindest|warm|warmest|with kind|with best)?\s?regards|all the best|best wishes|sincerely(?: yours)?"
    r"|yours (?:sincerely|faithfully|truly)|cheers|(?:mit )?(?:freundlichen|besten|lieben|vielen|herzlichen) grüßen|mfg"
    r"|(?:freundliche|beste|liebe|viele|herzliche) grüße|(?:bien )?cordialement|bien à vous|(?:un )?(?:cordial )?saludos?|atentamente"
    r"|(?:cordiali|distinti) saluti|met vriendelijke groet(?:en)?|hartelijke groet(?:en)?|z poważaniem|pozdrawiam|s pozdravem"
    r"|med vänliga hälsningar|vänliga hälsningar|(?:med )?venlig hilsen|mvh|atenciosamente|с уважением|此致|敬礼)\s*[,.!]?\s*$"
)


def strip_reply(text: str) -> str:
    """The newest words of a mail. When nothing would be left, the whole text: a reply is never emptied."""
    lines = text.split("\n")
    if len(lines) > _MAX_LINES:
        return text
    kept = _drop_history(lines)
    kept = _drop_signature(kept)
    result = "\n".join(kept).strip()
    return result or text.strip()


def _drop_history(lines: list[str]) -> list[str]:
    kept: list[str] = []
    index, size = 0, len(lines)
    while index < size:
        line = lines[index]
        if _is_quoted(line):
            index += 1
            continue
        if len(line) <= _MAX_LINE and line.strip():
            if _FORWARDED.match(line):
                # What someone forwards is what they want read.
                kept.extend(lines[index:])
                break
            if _ORIGINAL.match(line) or _header_block(lines, index):
                break
            spans = _attribution(lines, index)
            if spans:
                following = _next_filled(lines, index + spans)
                if following is not None and not _is_quoted(lines[following]):
                    if kept and any(one.strip() for one in kept):
                        break
                elif following is not None or _ends_in_address(lines[index + spans - 1]):
                    index += spans
                    continue
        kept.append(line)
        index += 1
    return kept


def _is_quoted(line: str) -> bool:
    start = line.lstrip()[:2]
    return start[:1] == ">" or start in {"|>", ": >"}


def _next_filled(lines: list[str], index: int) -> int | None:
    for at in range(index, min(index + 6, len(lines))):
        if lines[at].strip():
            return at
    return None


def _ends_in_address(line: str) -> bool:
    return "@" in line


def _attribution(lines: list[str], index: int) -> int:
    """How many lines (1 to 3) an `On …, X wrote:` takes here; 0 when there is none."""
    line = lines[index].strip()
    if line.endswith((":", "：")) and _WROTE.match(line):
        return 1
    if not _OPENERS.match(line):
        return 0
    joined = line
    for more in (1, 2):
        if index + more >= len(lines) or not lines[index + more].strip():
            return 0
        joined = f"{joined} {lines[index + more].strip()}"
        if len(joined) > _MAX_LINE:
            return 0
        if joined.endswith((":", "：")):
            return more + 1 if _WROTE.match(joined) else 0
    return 0


def _header_block(lines: list[str], index: int) -> bool:
    """An Outlook-style head: From plus at least two more fields in the next lines, perhaps under a rule."""
    at = index
    if _RULE.match(lines[at]):
        following = _next_filled(lines, at + 1)
        if following is None:
            return False
        at = following
    if not _HEAD_FROM.match(lines[at][:_MAX_LINE]):
        return False
    fields = sum(1 for line in lines[at + 1 : at + 8] if _HEAD_OTHER.match(line[:_MAX_LINE]))
    return fields >= 2


def _drop_signature(lines: list[str]) -> list[str]:
    """Cut at the last `-- ` line, device lines, and a closing phrase followed by a few short lines."""
    while lines and not lines[-1].strip():
        lines.pop()
    floor = max(0, len(lines) - 25)
    for at in range(floor, len(lines)):
        if lines[at].rstrip() in {"--", "—", "-- ", "__"} and _any_text(lines[:at]):
            lines = lines[:at]
            break
    while lines and (not lines[-1].strip() or _DEVICE.match(lines[-1][:_MAX_LINE])) and _any_text(lines[:-1]):
        lines.pop()
    for at in range(max(1, len(lines) - 8), len(lines)):
        tail = [line.strip() for line in lines[at + 1 :]]
        short = all(len(line) <= 60 and not line.endswith(("?", "!", ".")) for line in tail)
        if short and _CLOSING.match(lines[at][:_MAX_LINE]) and _any_text(lines[:at]):
            return lines[:at]
    return lines


def _any_text(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)
