# ruff: noqa: E501 - a pattern reads better on one line
"""The features of the spam scorer: what is looked at, in words. Each is a plain predicate over one mail."""

import re
from collections.abc import Callable

import msgspec

from app.channels.email.headers import Headers
from app.domain.email import Attachment


class SpamInput(msgspec.Struct, frozen=True, kw_only=True):
    """One mail as the scorer sees it. `html` is the source of its HTML body, empty when there is none."""

    headers: Headers
    subject: str
    text: str
    html: str
    from_name: str
    from_address: str
    to_addresses: tuple[str, ...]
    own_addresses: tuple[str, ...]
    files: tuple[Attachment, ...]
    auto_class: str


MAX_TEXT = 4_000
MAX_HTML = 20_000


def _words(pattern: str) -> Callable[["View"], bool]:
    # The excerpts are lower case already: matching without IGNORECASE takes half the time.
    compiled = re.compile(pattern)
    return lambda view: compiled.search(view.words) is not None


def _html(pattern: str) -> Callable[["View"], bool]:
    compiled = re.compile(pattern)
    return lambda view: bool(view.html) and compiled.search(view.html) is not None


def _subject(pattern: str) -> Callable[["View"], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda view: compiled.search(view.mail.subject) is not None


_URL = re.compile(r"(?i)https?://([^\s/<>\"')\]]{1,200})")
_CAPS = re.compile(r"\b[A-Z]{4,}\b")


class View:
    """The bounded excerpts and counts the predicates share."""

    def __init__(self, mail: SpamInput) -> None:
        self.mail = mail
        text = mail.text[:MAX_TEXT]
        self.words = " ".join(f"{mail.subject} {text}".split()).lower()
        self.html = mail.html[:MAX_HTML].lower()
        self.word_count = max(1, text.count(" ") + text.count("\n"))
        self.caps = len(_CAPS.findall(text))
        self.bangs = text.count("!")
        self.quoted = text.count("\n>") + text.startswith(">")
        self.hosts = _URL.findall(self.html or text)[:200]

    def header(self, name: str) -> bytes:
        """A raw header of the mail."""
        return self.mail.headers.raw(name)


def _subject_shouts(view: View) -> bool:
    letters = [char for char in view.mail.subject if char.isalpha()]
    return len(letters) >= 8 and sum(char.isupper() for char in letters) * 10 >= len(letters) * 8


def _to_nobody(view: View) -> bool:
    return not view.header("to").strip() or b"undisclosed" in view.header("to").lower()


def _digits(view: View) -> bool:
    return len(re.findall(r"\d", view.mail.from_address.partition("@")[0])) >= 3


def _image_only(view: View) -> bool:
    return view.html.count("<img") >= 1 and len(view.mail.text) < 300


def _executable(view: View) -> bool:
    return any(
        re.search(r"(?i)\.(?:exe|scr|pif|bat|cmd|com|vbs|js|jar|lnk|hta|iso)$", file.filename)
        for file in view.mail.files
    )


def _encoded_text(view: View) -> bool:
    return (
        view.mail.headers.token("content-type").startswith("text/")
        and view.mail.headers.token("content-transfer-encoding") == "base64"
    )


FEATURES: tuple[tuple[str, str, Callable[[View], bool]], ...] = (
    ("has_html", "has an HTML form", lambda v: bool(v.html)),
    ("image_only", "little but an image", _image_only),
    ("encoded_text", "a plain text hidden in base64", _encoded_text),
    ("to_nobody", "no recipient named", _to_nobody),
    ("no_from", "no readable sender", lambda v: not v.mail.headers.has("from") or "@" not in v.mail.from_address),
    ("bad_date", "Date missing", lambda v: not v.header("date")),
    ("from_digits", "sender name full of digits", _digits),
    ("no_from_name", "sender without a name", lambda v: not v.mail.from_name),
    ("subject_shouts", "subject in capitals", _subject_shouts),
    ("subject_bang", "subject with exclamation marks", _subject(r"!")),
    ("subject_money", "subject about money", _subject(r"\$|\bfree\b|\bcash\b|%|\bsave\b|\bdebt\b|\brates?\b|\bloans?\b|\bearn\b|\bincome\b")),
    ("subject_adv", "subject marked as advertising", _subject(r"^\W{0,4}\badv?\b\W|advertisement")),
    ("subject_tail", "subject ends in a random tail", _subject(r"\s[a-z]{0,4}\d[a-z\d]{4,}\s?$|\[[a-z0-9]{4,8}\]$")),
    ("subject_empty", "no subject", lambda v: not v.mail.subject),
    ("subject_question", "subject tempts", _subject(r"\b(?:want|need|are you|your|you)\b.{0,60}[?!]")),
    ("raw_subject", "raw 8-bit subject", lambda v: not v.header("subject").isascii()),
    ("shouting", "many words in capitals", lambda v: v.caps * 25 > v.word_count and v.caps >= 5),
    ("bangs", "many exclamation marks", lambda v: v.bangs >= 5 and v.bangs * 60 > v.word_count),
    ("ip_link", "link to a bare IP address", lambda v: any(re.match(r"\d{1,3}(?:\.\d{1,3}){3}(?:$|:)|\d{8,10}$", host) for host in v.hosts)),
    ("tricky_link", "disguised link", lambda v: any("@" in host or "%" in host for host in v.hosts)),
    ("many_links", "many links to different hosts", lambda v: len(set(v.hosts)) >= 6),
    ("executable", "executable attached", _executable),
    ("html_loud", "loud layout", _html(r"<font[^>]{0,80}(?:size\s*=\s*[\"']?\+?[4-9]|color\s*=\s*[\"']?#?(?:ff0000|red\b))")),
    ("w_click", "click here", _words(r"\bclick (?:here|below|on the link|the link|now)\b")),
    ("w_remove", "promises removal", _words(r"\b(?:be|to be|get|you) (?:removed|taken off)\b|remove(?:d)? (?:from|in the subject)|\bopt[- ]?out\b|no longer wish to receive|further (?:e-?)?mail(?:ing)?s")),
    ("w_not_spam", "denies being spam", _words(r"\bnot spam\b|\bbill s?\.?\s?1618|this (?:message|e-?mail) is sent in compliance|you (?:are receiving|received) this (?:e-?mail|message|special)|because you (?:have )?(?:subscribed|opted|signed)")),
    ("w_act", "presses for time", _words(r"\bact now\b|limited time|don'?t (?:miss|delay|wait)|order (?:now|today)|offer expires|while supplies|call (?:now|today|toll)|apply (?:now|today)|urgent(?:ly)? (?:business|reply|assist|response)|sign up (?:now|today)")),
    ("w_money", "easy money", _words(r"\bmake money\b|work(?:ing)? (?:from|at) home|home[- ]based business|financial(?:ly)? (?:freedom|free|independen)|extra income|\$\d[\d,.]* ?(?:per|a|/|each|every) ?(?:day|week|month|hour)|earn (?:up to )?\$|million(?:aire|s of dollars)|get paid|multi-?level|cash bonus|be your own boss|residual income|pyramid")),
    ("w_loan", "loans and debts", _words(r"\bmortgage|refinanc|\binterest rates?\b.{0,80}\blow|low(?:est)? (?:interest )?rates|credit (?:card|report|rating|repair|problem)|\bdebts?\b|loan (?:amount|officer|approval|application)|consolidat|life insurance|term life")),
    ("w_pills", "pills and bodies", _words(r"\bviagra|\bcialis|\bphentermine|\bxanax|\bpharmac|prescription|\bhgh\b|growth hormone|weight ?loss|lose weight|burn fat|\bpenis|enlarge|herbal|anti-?aging|\bdiet\b|erectile|testosterone|wrinkle")),
    ("w_adult", "adult offers", _words(r"\bxxx\b|\bporn|hardcore|\bsluts?\b|\bhorny|\bnude|webcam|\badult (?:site|content|video|entertain)|18 (?:years )?(?:or|and) older|hot (?:girls|teens|babes)|singles (?:in|online|near)|\bteens?\b.{0,40}\bsex")),
    ("w_prize", "prizes and bets", _words(r"\byou(?:'ve| have)? (?:won|been (?:selected|chosen|pre-?approved|specially))|congratulations!|\blotter(?:y|ies)\b|\bjackpot|\bcasino|\bsweepstakes|claim your|\bprize\b|winner")),
    ("w_advance", "a fortune abroad", _words(r"\bnext of kin|confidential(?:ity)? (?:business|transaction|proposal)|transfer of (?:the )?(?:fund|sum|money)|million (?:united states|us|u\.s\.) dollars|foreign (?:partner|account)|(?:late|former) (?:head of state|president|minister)|\bnigeria|beneficiary|strictly confidential|\(usd?\$|us\$ ?\d|modalit|abacha|seeking your assistance|assist(?:ance)? in transfer")),
    ("w_bulk", "sells mailings", _words(r"\bbulk (?:e-?)?mail|million (?:e-?mail )?addresses|e-?mail (?:marketing|addresses on|blast)|targeted (?:e-?mail|leads)|opt-in (?:list|e-?mail)|search engine (?:rank|submi|place)|web ?site (?:traffic|promotion)|hits to your|toll[- ]free|fax (?:broadcast|to)|advertis(?:e|ing) (?:your|with|campaign)")),
    ("w_dear", "addresses nobody", _words(r"\bdear (?:friend|homeowner|home owner|consumer|customer|internet user|business owner|valued|e-?mail|beneficiary|winner|member|candidate|applicant)|\bhello friend")),
    ("w_you", "flatters and guarantees", _words(r"\bguarantee|\bamazing\b|\bincredible\b|\brevolutionary|\bsecret(?:s)? (?:of|to|that)|you will (?:be|receive|earn|learn|never)|100% (?:legal|guarant|satisf|natural)|as seen on|believe it|no catch|miracle|breakthrough")),
    ("long_gap", "random letters at the end", lambda v: re.search(r"\b[bcdfghjklmnpqrstvwxz]{7,}[a-z0-9]*\s*$", v.mail.text[-200:], re.IGNORECASE) is not None),
    ("is_reply", "answers an earlier mail", lambda v: v.mail.headers.has("in-reply-to") or v.mail.headers.has("references")),
    ("subject_re", "subject is an answer", _subject(r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|fwd?|sv|antw)\s*:")),
    ("subject_tag", "subject of a discussion list", _subject(r"^\s*(?:re:\s*)?\[[\w .-]{2,30}\]")),
    ("quotes", "quotes earlier words", lambda v: v.quoted >= 2),
    ("short_plain", "a short plain note", lambda v: not v.html and v.word_count < 120),
    ("talks_code", "speaks of machines", _words(r"#!/|\bdiff -|\blinux\b|\bperl\b|\bpython\b|\bpatch\b|\bcompil|\bkernel\b|\brpm\b|\bbug\b|wrote:|writes:")),
    ("first_person", "speaks of itself", _words(r"\b(?:i think|i'm|i am|i've|i don't|i'll|i'd|i was|imho|my (?:car|house|order|appointment|account|wife|husband|boss|invoice))\b")),
)  # fmt: skip
