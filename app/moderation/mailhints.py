"""Mailboxes without a sign for `@`: the provider beside the name, words that say where it goes, notes what to take out."""

import re
from collections.abc import Iterator

from app.moderation.commonwords import GIVEN, NO_NAME, ROLES
from app.moderation.folding import Folded, is_capital
from app.moderation.hosts import PROVIDERS, SURE_PROVIDERS, registered
from app.moderation.maildomains import corrected, domain, provider_of
from app.moderation.mailnames import undotted

Found = tuple[int, int, str, float]
"""(start, end, address, how sure)."""

_BIG = "gmail|g-?mail|hotmail|yahoo|outlook|icloud|aol|protonmail"
_LOCAL = r"[a-z0-9]{2,40}(?:[._+-][a-z0-9]{1,40}){0,4}"
_ENDS = re.compile(
    r"\s{0,2}(?:$|[.,;:!?)\n<]|(?:please|pls|thanks|thx|ok|okay|and|or|if|when|works|anytime|any time|for|is (?:my|the|best|mine))(?![a-z]))"
)
_USER = re.compile(
    r"(?:user ?(?:name|id)?|name|account|login)\s?(?:is|:|=)?\s?([a-z0-9][a-z0-9._+-]{1,40})[\s,;]{1,3}(?:and )?(?:the )?(?:domain|provider|server|host)\s?(?:is|:|=)?\s?"
    r"([a-z0-9-]{2,40}(?:\.[a-z]{2,12}){0,2})"
)
_USER_GATE = re.compile(r"domain|provider|server|host")
_AFTER_PROVIDER = re.compile(
    rf"(?<![@.a-z])({_BIG})(?:\s(?:address|id|account|handle|name|user ?name|user|login))?(?:\s(?:is|as|under)\s|\s?[:=]\s?|\s-{{1,2}}>?\s|\s?[>|~]\s?)"
    r"([a-z0-9]{1,40}(?:[._+-][a-z0-9]{1,40}){0,4})(?![a-z0-9@])"
)
_NEAR_PROVIDER = re.compile(
    rf"(?<![a-z0-9._])({_LOCAL})[\s,]{{0,2}}[(\[{{<|/*-]{{1,2}}\s?({_BIG})(?:\s?[.]?\s?com)?\s?[)\]}}>|/*-]{{1,2}}"
)
_BESIDE_PROVIDER = re.compile(rf"(?<![a-z0-9._])({_LOCAL})\s{{1,2}}({_BIG})\s?(?:dot|d0t|[.,])?\s?com(?![a-z0-9])")
_BESIDE_ENDED = re.compile(
    r"(?<![a-z0-9._])([a-z0-9._+-]{3,40})\s{1,2}([a-z]{3,11})\s(com\s(?:br|au|mx|ar)|co\s(?:uk|in|nz|za)|com|net|in|de|fr|es|it|ca|me)(?![a-z0-9])"
)
_SYMBOL = re.compile(
    rf"(?<![a-z0-9._+-])({_LOCAL})\s?[^\w\s.,;:!?()'\"@/\\\[\]<>$%+-]{{1,3}}\s?"
    r"((?:gmail|g-mail|hotmail|yahoo|outlook|icloud|protonmail|aol|msn|live|comcast|proton|gmx|ymail|zoho|yandex)\s?\.\s?(?:com|net|org|co\.uk|de|fr))(?![a-z0-9])"
)
"""Any sign in the place of the at sign: `jo#outlook.com`, also a picture."""
_USER_ON = re.compile(
    r"(?:user ?(?:name|id)|handle|account|login)\s?(?:is|:|=)?\s?([a-z0-9][a-z0-9._+-]{1,40})\s(?:on|at|in|with)\s"
    rf"({_BIG})(?![a-z0-9.]*[a-z0-9])"
)
_NAMED_ON = re.compile(
    r"(?<![a-z0-9@.])([a-z][a-z0-9._-]{1,24})\s(?:([a-z0-9][a-z0-9._-]{0,24})\s)?(?:(\d{1,4})\s?)?[,;]?\s?(?:and )?(?:im |i am |i'm )?(?:over )?"
    r"(?:on|at|with|@|bei|auf|sur|chez|en|no|na|pe|par|su|via|through|using)\s(?:the |my |that |el |le |il |la |die )?(?:good )?(?:old |usual )?"
    r"(g[\s-]?mail|yahoo|hot\s?mail|out\s?look|i\s?cloud|aol|proton\s?mail|gmx|web\.de|live|msn|google)(?:\s?mail)?(?![a-z0-9@]|\.[a-z])"
)
_INTRODUCES = re.compile(r"(?:name is|names|i go by|go by|find|known as|i'm|im|it's|its|here you go|details)\W{0,3}$")
_MAIL_CUE = re.compile(
    r"mail|correo|courriel|adresse|write|escrib|escrev|schreib|ecri|contact|kontakt|send|sed\b|invoice|reply|reach|hit me|add me|get hold|message|details|here you go|platform|app\b|instead|works|inbox|i check|every morning|price|via\b|estimate|contato|work orders|dealing|details|owner"
)
_OWN_SITE = re.compile(
    r"(?:stick|put|add|use|write|type|place|throw|pop|slap|with)\s([a-z0-9][a-z0-9._+-]{1,30})\s(?:and |then |with |plus )?(?:the |an? )?(?:at|@|arroba|at sign|at symbol|at thing)\s?(?:sign |symbol )?(?:in front|before|ahead|first)"
    r"|([a-z0-9][a-z0-9._+-]{1,30})\s(?:and |then |with |plus )?(?:the |an? )?(?:at sign|@|at symbol|at)\s?(?:sign |symbol )?(?:in front|before) (?:of )?(?:it|that|the)"
)
_HOST = re.compile(
    r"(?<![a-z0-9@.-])([a-z0-9][a-z0-9-]{2,40})(?:\s(?:dot|punto|punkt)\s|\.)([a-z]{2,6}(?:\.[a-z]{2})?)(?![a-z0-9])"
)
_GLUED = re.compile(
    r"(?<![a-z0-9])(?=[a-z0-9._+-]{0,60}(?:dot|punto|ponto|punkt|point|\.)[a-z]{2,3})([a-z0-9][a-z0-9._+-]{1,40}?)(at|arroba|arobase?|klammeraffe|chiocciola)([a-z0-9-]{2,40}?)"
    r"(dot|punto|ponto|punkt|point|\.)([a-z]{2,4}(?:(?:dot|ponto|punto|\.)[a-z]{2})?)(?![a-z0-9])"
)
"""`joATgmailDOTcom`, `joarrobagmailpuntocom`."""
_AT_PROVIDER = re.compile(rf"(?<![a-z0-9._])@\s?({_BIG})\s?[:,>-]?\s({_LOCAL})(?![a-z0-9@])")
_WORD_BEFORE = re.compile(r"([a-z0-9][a-z0-9._-]*)\s{0,2}$")
_THEN_PROVIDER = re.compile(
    rf"(?<![a-z0-9._])({_LOCAL})[\s,]{{1,3}}(?:and )?(?:then|followed by|plus|with)\s(?:the |an? )?(?:usual |normal |standard |good old )?({_BIG})(?:\s?[.]\s?com| dot com)?(?:\s(?:ending|bit|part|thing|domain))?(?![a-z0-9])"
)
_TOLD_GATE = re.compile(
    r"before the (?:at|@)|first (?:bit|part|half)|usuario|utilisateur|benutzer|vorne|left (?:side|of)|name part|username|user name"
)
_TOLD = re.compile(
    r"(?:before the (?:at|@)(?: sign)?|first (?:bit|part|half)|usuario|utilisateur|benutzer(?:name)?|vorne|left (?:side|of (?:the )?(?:at|@))|name part|user ?name)\W{0,3}(?:(?:is|its|it's|es|e|est|ist|steht)\s)?([a-z0-9][a-z0-9._+-]{1,40}[a-z0-9])"
    r"(?=[\s,;.]{1,3}(?:and |then |y |e |et |und |the )*(?:after|behind|hinter|second|termina|dominio|domain|right|the rest|ends?|other|danach|dann|et ca finit|luego|despues|finit|followed)\b)"
)
_PAIR = re.compile(
    r"(?<![a-z0-9])([a-z]{3,12})\s(then|dot|underscore|and then)\s([a-z]{3,16})[\s,]{1,3}(?:(?:with )?no spaces?[\s,]{1,3})?(?:(?:and|at|on|with|then|@)\s){1,2}(?:the |that |my )?(?:google|gmail)(?: mail)?(?: one| thing| account)?"
)
_PATTERN = re.compile(
    r"first (name|initial)[\s,]{1,2}(?:(dot|underscore|then|and|plus) )?(?:last name|surname)[\s,]{1,2}(?:(?:at|on|with|@|then)\s)(?:the |my )?(?:google|gmail|g mail)(?: one| mail| thing| account)?"
)
_WHO = re.compile(r"(?:\(|im |i'm |i am |name is |its |it's )([a-z]{3,12})\s([a-z]{3,16})")
_JOINS = {"dot": ".", "underscore": "_"}
REMOVES = re.compile(
    r"[\s(,;.-]{0,6}(?:but |and |just |then |pls |please |remember to )*(?:remove|without|take out|take away|delete|drop|minus|skip|lose|ignore|sans|ohne|sin|sem|senza|quita\w*|enlev\w*|tira\w*|leave out)\s(?:the |le |la |les |el |los |o |os |das |den |die )?['\"]?([a-z0-9]{1,10})['\"]?(?![a-z0-9])"
    r"|[\s(,;.-]{0,6}['\"]?([a-z0-9]{1,10})['\"]? (?:weglassen|entfernen|raus|hata\w*|removed|out|rimuovi|is fake|is extra)(?![a-z])"
)
UNSPACED = re.compile(
    r"[\s(,;.-]{0,6}(?:just |and |then |pls |please |but )*(?:(?:no|without|remove|take out|delete|drop|minus|close up|ignore)\s(?:the |all |any )?(?:spaces?|gaps)|(?:sin|sem|senza|sans|ohne) (?:los )?(?:espa[a-z]+|spazi|leerzeichen)|all (?:one|together|joined)"
    r"|tout (?:attache|colle|ensemble)|todo (?:junto|pegado)|tudo junto|tutto attaccato|alles zusammen|zusammen(?:geschrieben)?|as one word|one word|space hata\w*|spaces? removed)"
)


def by_hint(folded: Folded) -> Iterator[Found]:
    """Everything this module knows, each behind a cheap look."""
    text = folded.text
    if _USER_GATE.search(text):
        yield from _by_user(text)
    if (
        "mail" in text
        or "yahoo" in text
        or "outlook" in text
        or "cloud" in text
        or "aol" in text
        or "gmx" in text
        or " com " in text
        or "comcast" in text
        or "proton" in text
    ):
        yield from (*_by_provider(text), *_by_symbol(text), *_by_name(folded))
    if ("at" in text or "aroba" in text or "arroba" in text or "klammeraffe" in text) and (
        "." in text or "dot" in text or "unt" in text or "punkt" in text or "pont" in text or "point" in text
    ):
        yield from _glued(folded)
    if "before" in text or "front" in text or "ahead" in text or "first" in text:
        yield from _by_site(text)


def _by_user(text: str) -> Iterator[Found]:
    for match in _USER.finditer(text):
        host = match[2] if "." in match[2] else match[2] + ".com"
        if registered(host) and ("." in match[2] or match[2] in SURE_PROVIDERS):
            yield match.start(1), match.end(), f"{match[1]}@{host}", 0.85


def by_order(text: str) -> Iterator[Found]:
    """The parts in another order, or told one after the other: `@gmail: jo`, `jo7, then the usual yahoo ending`."""
    for match in _AT_PROVIDER.finditer(text) if "@" in text else ():
        before = _WORD_BEFORE.search(text, max(0, match.start() - 42), match.start())
        local = before[1].rstrip(".") if before else ""
        telling = any(char in "0123456789._" for char in match[2])
        if match[2] in NO_NAME or any(char in "0123456789._" for char in local):
            continue
        if telling or (len(match[2]) > 7 and (not local or local in NO_NAME or before is None or before[1][-1] == ".")):
            yield match.start(), match.end(2), f"{match[2]}@{match[1]}.com", 0.8
    for match in (
        _THEN_PROVIDER.finditer(text)
        if "then" in text or "followed" in text or "plus" in text or "ending" in text
        else ()
    ):
        if (
            match[1] not in NO_NAME
            and any(char in "0123456789._" for char in match[1])
            and any(map(str.isalpha, match[1]))
        ):
            yield match.start(), match.end(), f"{match[1]}@{match[2]}.com", 0.75
    if _TOLD_GATE.search(text):
        yield from _told(text)
    if "google" in text or "gmail" in text:
        yield from _by_initials(text)


def _told(text: str) -> Iterator[Found]:
    """`before the at it's jo, after it it's live dot com`."""
    for match in _TOLD.finditer(text):
        for word in re.finditer(r"[a-z0-9][a-z0-9-]*", text[match.end() : match.end() + 56]):
            place = domain(text[match.end() + word.start() :][:64])
            if place and (place.ended or place.provider) and match[1] not in NO_NAME:
                end = match.end() + word.start() + place.length
                yield match.start(1), end, f"{match[1]}@{place.host}", 0.8
                break


def _by_initials(text: str) -> Iterator[Found]:
    """`first initial last name at the google one (John Fletcher)`, `Becky then Jones and the google mail thing`."""
    for match in _PAIR.finditer(text):
        if match[1] in GIVEN and match[3] not in NO_NAME:
            yield match.start(1), match.end(), f"{match[1]}{_JOINS.get(match[2].strip(), '')}{match[3]}@gmail.com", 0.75
    for match in _PATTERN.finditer(text):
        who = _WHO.search(text, match.end(), match.end() + 48) or _WHO.search(
            text, max(0, match.start() - 48), match.start()
        )
        if who and who[1] in GIVEN:
            first = who[1][0] if match[1] == "initial" else who[1]
            yield (
                match.start(),
                max(match.end(), who.end()),
                f"{first}{_JOINS.get(match[2] or '', '')}{who[2]}@gmail.com",
                0.7,
            )


def _glued(folded: Folded) -> Iterator[Found]:
    """Addresses whose `AT` and `DOT` stand out by their capitals, or by what they lead to."""
    text = folded.text
    for match in _GLUED.finditer(text):
        for at in _ats(match):
            local, label = match[0][: at[0]], match[0][at[1] : match.start(4) - match.start()]
            ending = re.sub(r"dot|ponto|punto", ".", match[5])
            host = f"{provider_of(label)}.{ending}"
            shouted = all(
                is_capital(folded, match.start() + place) and not is_capital(folded, match.start() + place + size)
                for place, size in ((at[0], at[1] - at[0]), (match.start(4) - match.start(), len(match[4])))
                if match[0][place] != "."
            )
            spoken = match[4] != "."
            shouted = shouted and (spoken or is_capital(folded, match.start() + at[0] + 1))
            akin = len(local) > 2 and (
                local[:4] in label or local[-4:] in label or local in GIVEN or local in ROLES or local[-1].isdigit()
            )
            long = at[1] - at[0] > 2
            sure = shouted or (spoken and (provider_of(label) in SURE_PROVIDERS or akin or long))
            if sure and len(local) > 1 and len(label) > 1 and registered(host):
                yield match.start(), match.end(), f"{undotted(local) if spoken else local}@{host}", 0.9
                break


def _ats(match: re.Match[str]) -> list[tuple[int, int]]:
    """Where in a glued address the at sign may be: before a provider first."""
    until = match.start(4) - match.start()
    found = [place.span() for place in re.finditer(r"arroba|arobase?|klammeraffe|chiocciola|at", match[0][:until])]
    return sorted(found, key=lambda place: provider_of(match[0][place[1] : until]) not in SURE_PROVIDERS)


def _by_symbol(text: str) -> Iterator[Found]:
    for match in _SYMBOL.finditer(text):
        if match[1] not in NO_NAME and registered(match[2].replace(" ", "")):
            yield match.start(), match.end(), f"{match[1]}@{match[2].replace(' ', '')}", 0.85


def _by_provider(text: str) -> Iterator[Found]:
    for match in _AFTER_PROVIDER.finditer(text):
        provider, local = match[1].replace("-", ""), match[2]
        telling = any(char in "0123456789._-" for char in local) or len(local) > 7
        if local in NO_NAME and local not in ROLES:
            continue
        if telling or (
            provider not in ("outlook", "yahoo")
            and (" is" not in match[0] or " user" in match[0] or " login" in match[0])
            and _ENDS.match(text, match.end())
        ):
            yield match.start(2), match.end(2), f"{local}@{provider}.com", 0.8
    for match in (*_NEAR_PROVIDER.finditer(text), *_USER_ON.finditer(text), *_BESIDE_PROVIDER.finditer(text)):
        if match[1] not in NO_NAME:
            yield match.start(), match.end(), f"{match[1]}@{match[2].replace('-', '')}.com", 0.8
    for match in _BESIDE_ENDED.finditer(text):
        host = f"{provider_of(match[2])}.{match[3].replace(' ', '.')}"
        known = (
            match[2] in PROVIDERS
            or provider_of(match[2]) in SURE_PROVIDERS
            or match[2] in ("bol", "uol", "orange", "free", "libero", "web", "sky")
        )
        if known and match[1] not in NO_NAME and any(char in "0123456789._" for char in match[1]) and registered(host):
            yield match.start(), match.end(), f"{match[1]}@{host}", 0.8


def _by_name(folded: Folded) -> Iterator[Found]:
    """`sarah reed 72 on outlook`: with figures, or a given name and a word about writing."""
    text = folded.text
    for match in _NAMED_ON.finditer(text):
        words = [word for word in (match[1], match[2]) if word]
        if match[2] and (match[2].isdigit() or match[1] in NO_NAME):
            words = [match[2]] if match[1] in NO_NAME else words
        figures = (match[3] or "") or next((word for word in words[1:] if word.isdigit() and len(word) < 5), "")
        names = [word for word in words if not word.isdigit()]
        if not names or any(word in NO_NAME for word in names):
            continue
        start = match.start(1) if words[0] == match[1] else match.start(2)
        told = _INTRODUCES.search(text, max(0, start - 24), start) is not None
        cue = (
            told
            or _MAIL_CUE.search(text, max(0, start - 64), start) is not None
            or _MAIL_CUE.search(text, match.end(), match.end() + 12) is not None
        )
        given = names[0] in GIVEN
        sure = provider_of(match[4]) in ("gmail", "hotmail", "icloud", "protonmail")
        sure = sure or "@" in match[0]
        if not ((figures and (cue or given)) or (given and len(names) > 1 and (cue or sure))):
            continue
        provider = provider_of(re.sub(r"[\s-]", "", match[4]).replace("google", "gmail"))
        host = provider if "." in provider else f"{provider}.{'net' if provider == 'gmx' else 'com'}"
        yield start, match.end(), f"{''.join(names)}{figures}@{host}", 0.75


def _by_site(text: str) -> Iterator[Found]:
    """`our site is x.com, put info and an at sign before it`."""
    for match in _OWN_SITE.finditer(text):
        local = match[1] or match[2]
        hosts = [
            one
            for one in _HOST.finditer(text, max(0, match.start() - 96), min(len(text), match.end() + 64))
            if registered(f"{one[1]}.{one[2]}")
        ]
        if local in NO_NAME or not hosts:
            continue
        host = hosts[0]
        yield min(host.start(), match.start()), max(host.end(), match.end()), f"{local}@{host[1]}.{host[2]}", 0.85


def noted(text: str, end: int, mailbox: str) -> tuple[str, int]:
    """The mailbox without what a note behind it says to take out, and where the note ends."""
    note = REMOVES.match(text, end)
    extra = (note[1] or note[2]) if note else ""
    if note is None or not extra or extra in ("space", "spaces") or extra not in mailbox:
        return mailbox, end
    local, at, host = mailbox.rpartition("@")
    taken = f"{local.replace(extra, '', 1)}{at}{host}" if extra in local else f"{local}{at}{host.replace(extra, '', 1)}"
    clean = corrected(taken.rpartition("@")[2])
    return (
        (f"{taken.rpartition('@')[0]}@{clean}", note.end()) if taken[0] != "@" and registered(clean) else (mailbox, end)
    )
