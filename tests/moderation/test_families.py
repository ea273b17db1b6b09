"""Families of disguise, each by a few of its members: numbers and mailboxes that only a reader sees."""

import time

import pytest

from app.moderation import judge

NUMBERS = {
    "misspelt digits in a row": (
        ("US", "txt twoo onee four fiv six two six one zer0 nien if its ok", "+12145626109"),
        ("BR", "pode ligar pra mim oitu cinco novi meia quatro treis cete meia quatro oito dois", "+5585964376482"),
        ("DE", "null eiins siebn vier vier zwo sechs viier sieben zwo acht", "+491744264728"),
    ),
    "number words of one language glued together": (
        ("IN", "call karo aatsatteenaathteenshunyacharaathdoaath", "+918738304828"),
        ("ES", "mejor por teléfono seiscuatroochodostrestresdostresuno", "+34648233231"),
    ),
    "parts that words lead to": (
        ("US", "602 after that 260 and to finish 4480", "+16022604480"),
        ("FR", "appelez-moi au 06 ensuite 68 suivi de 63 puis 30 suivi de 59", "+33668633059"),
        ("US", "reach me at 213 (no spam) 831 lol 7423", "+12138317423"),
        ("AU", "0425. 931. six four six", "+61425931646"),
    ),
    "the area code last": (
        ("US", "468-3988, area code is eight zero one", "+18014683988"),
        ("US", "call 287 2655 and it's a 813 number", "+18132872655"),
        ("BR", "fala comigo 99486 1636, o ddd é dois um", "+5521994861636"),
    ),
    "letters and marks that look like digits": (
        ("FR", "le o.6.l.2.3.3.4.3.2.l bonne journée", "+33612334321"),
        ("US", "urgent leaks: call 6|g. 227. 806O", "+16192278060"),
        ("AU", "text me on 0412-B24-960", "+61412824960"),
        ("GB", "call Ο74Ο2 збЅЅ94 when there", "+447402365594"),
    ),
    "one mark between all digits or pieces": (
        ("US", "any questions, 5, 1, 0, 4, 7, 4, 8, 9, 8, 1", "+15104748981"),
        ("CA", "call 416<3814<35242", "+14168145242"),
        ("IN", "seedha baat karte hain 97165z88727", "+919716588727"),
    ),
    "an article is no digit": (
        ("ES", "6__8__6__8__8__1__6__3__2 un saludo", "+34686881632"),
        ("GB", "I'm on signal too ZERO SEVEN FIVE TWO ONE TWO EIGHT SIX SEVEN TWO TWO", "+447521286722"),
    ),
}

MAILBOXES = {
    "any marks around the signs": (
        ("write jo7--at--gmail--dot--com", "jo7@gmail.com"),
        ("jo7 at: gmail dot: com", "jo7@gmail.com"),
        ("mail jo7<b>@</b>gmail.com", "jo7@gmail.com"),
        ("mail jo7...at...hotmail...dot...co...dot...uk", "jo7@hotmail.co.uk"),
        ("mail jo7 🌀 yahoo⚫com⚫br", "jo7@yahoo.com.br"),
    ),
    "signs by their names, misspelt too": (
        ("ana.ruiz el símbolo arroba gmail punto com", "ana.ruiz@gmail.com"),
        ("my mail is ann_b aht hotmail doht com", "ann_b@hotmail.com"),
        ("ann7 the at symbol hotmail.com", "ann7@hotmail.com"),
    ),
    "digits of the name in words": (
        ("ann reach annlee seven seven@hotmail.com", "annlee77@hotmail.com"),
        ("ann.lee one nine nine three at yahoo dot co dot uk", "ann.lee1993@yahoo.co.uk"),
    ),
    "notes what to take out": (
        ("mail annQQQlee@gmail.com (remove the QQQ)", "annlee@gmail.com"),
        ("mail stev e6026 @ gmail . com without the spaces", "steve6026@gmail.com"),
    ),
    "providers misspelt or in figures": (
        ("ann7@hotmial.com", "ann7@hotmail.com"),
        ("ann7 (4t) gm4il d0t c0m", "ann7@gmail.com"),
    ),
    "the ending said afterwards": (
        ("ann7 AT yahoo, then .com", "ann7@yahoo.com"),
        ("it's ann7 and then the usual yahoo ending", "ann7@yahoo.com"),
        ("we are turnerroofing.com, just stick olivia and the at sign before it", "olivia@turnerroofing.com"),
        ("before the at its ann_lee9, after it its live dot com", "ann_lee9@live.com"),
    ),
    "glued or in capitals": (
        ("escríbeme a mruiz53arrobagmailpuntocom", "mruiz53@gmail.com"),
        ("bob.lopez1960ATtalktalk DOT net", "bob.lopez1960@talktalk.net"),
    ),
    "a name on a provider": (
        ("write to sarah reed 72 on Outlook", "sarahreed72@outlook.com"),
        ("landlord is on @gmail: nicole04", "nicole04@gmail.com"),
    ),
}

HARMLESS = (
    "not some big dot com company, just two of us since 2000",
    "my son builds websites, com, net, org, all that",
    "is .com better than .net for a roofing business?",
    "I'm at the dot com office until 10, ask for me at the front desk",
    "I temp at gmail support, busy until 11",
    "qty 8 @ 120, qty 83 @ 950, qty 10 @ 495, total 5,125",
    "the barcode on the can reads 0 15278 84114, batch 372",
    "Lowe's says 4301-5405117 is the order id",
    "first 200 then 300 and after that 4000 bricks",
    "from 98156 to 12308",
    "Unit 7, floor 7, building 12, gate stays open until 10",
    "we have one two-car garage, three baths and six closets",
    "set the meeting up on outlook, the invite is on gmail",
)


@pytest.mark.parametrize(
    ("region", "text", "value"), [one for members in NUMBERS.values() for one in members]
)  # fmt: skip
def test_a_number_is_found_by_its_family(region: str, text: str, value: str) -> None:
    """Misspelt, glued, told in parts, area code last, look-alikes, any mark between: by the value that was meant."""
    assert value in [one.value for one in judge(text, region=region).threats_detected if one.kind == "phone"]


@pytest.mark.parametrize(("text", "value"), [one for members in MAILBOXES.values() for one in members])
def test_a_mailbox_is_found_by_its_family(text: str, value: str) -> None:
    """Marks, names of signs, digits in words, notes, misspelt providers, other orders: by the address that was meant."""
    assert value in [one.value for one in judge(text).threats_detected if one.kind == "email"]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_looks_like_a_family_is_left_alone(text: str) -> None:
    """Talk about endings, prices with a sign for at, orders and amounts told one after the other."""
    for region in ("US", "GB", "IN"):
        assert judge(text, region=region).threats_detected == ()


@pytest.mark.parametrize(
    "piece", ["five nin ", "5. ", "a t ", "510 lol ", "from the 5 ", "1|a ", "kevin watts 7 on ", "@gmail jo7 "]
)
def test_members_of_a_family_without_end_cost_no_more_than_other_texts(piece: str) -> None:
    """Each way looks at so many places of a text and no more: twice the text takes about twice the time."""
    once, twice = (piece * 600)[:3000], (piece * 1200)[:6000]
    judge(once)
    assert cost(twice) < 4 * cost(once)


def cost(text: str) -> float:
    """Processor time of a judgement, the best of three."""
    best = 9.0
    for _ in range(3):
        begin = time.process_time()
        judge(text)
        best = min(best, time.process_time() - begin)
    return best
