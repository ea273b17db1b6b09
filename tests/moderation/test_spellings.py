"""Digits whose words are starred, stretched or torn, whose pieces are labelled, and mailboxes in shreds; and what only looks so."""

import time

import pytest

from app.moderation import judge

NUMBERS = {
    "a star for a letter": (
        ("US", "text me 4 0ne f#ve 9 tw# n#ne s#ven s#x s#ven s#x", "+14159297676"),
        ("MX", "háblame tr@s tr@s un@ nu@ve 5 7 6 s@is nu@ve s@is", "+523319576696"),
        ("US", "ring me on 6 0ne s.ven 5 n.ne 9 f.ur tw. s.ven n.ne", "+16175994279"),
    ),
    "letters stretched": (
        ("PT", "direto comigo nooooove 1 settte 6 novvvvve nooooove trêêêêês trrrrrês cinccco", "+351917699335"),
        ("FR", "mon fixe : zééééro 6 huiiit quattttre trrrois seeeeept 6 huiiit trrrois seeept", "+33684376837"),
    ),
    "words torn in two, or in letters": (
        ("US", "holler at fo.ur  six  ni ne  six  two  three  three  one  fi.ve  ze.ro", "+14696233150"),
        (
            "BR",
            "telefone oito , um , nove , oito , ze.ro , cinco , qua.tro , do.is , oito , se.te , quatro",
            "+5581980542874",
        ),
        ("US", "viber e-i-g-h-t / 1 / 8 / s e v e n / 0 / z.e.r.o / e i g h t / 6 / f-i-v-e / n-i-n-e", "+18187008659"),
    ),
    "several digits in one word": (
        ("MX", "llama antes de venir OchoUno.TresSeisSeisTres.SieteDosOchoTres", "+528136637283"),
        ("FR", "mes coordonnées ZéroUn-QuatreNeuf-DeuxTrois-DeuxTrois-NeufZéro", "+33149232390"),
    ),
    "Roman figures": (("ES", "agéndame VI.VIII.VI.0.0.VII.VI.VI.0 - somos 3 personas", "+34686007660"),),
    "pieces that are labelled": (
        ("US", "message part 1: 50473 part 2: 00518", "+15047300518"),
        ("US", "first half 81624, second half 03889", "+18162403889"),
        ("US", "speak in person so 40825 <- first half\n86108 <- second half", "+14082586108"),
        ("AU", "reach us (a) 0410\n(b) 952\n(c) 308", "+61410952308"),
        ("US", "digits 1-3: 415, 4-6: 877, 7-10: 4503", "+14158774503"),
        ("PT", "escrevo assim primeira metade 9360, segunda metade 06789", "+351936006789"),
    ),
    "marks around each digit": (
        ("PT", "o eletricista atende no €9 €1 €8 €8 €2 €4 €9 €2 €0", "+351918824920"),
        ("US", "the painter at 9th 7th 2nd 2nd 9th 3rd 3rd 3rd 8th 7th", "+19722933387"),
    ),
    "letters between": (
        ("FR", "je vous laisse 06x21x36x88x73", "+33621368873"),
        ("US", "facetime me at 469x485x9598", "+14694859598"),
        ("US", "ring 4a6b9c4d8e5f9g5h9i8", "+14694859598"),
    ),
}

MAILBOXES = (
    ("paperwork: dwa|tts|@wa|tts|-pl|umb|ing|.ne|t", "dwatts@watts-plumbing.net"),
    ("drop a note to emily.smith (@gm)(ail)(.com)", "emily.smith@gmail.com"),
    ("please use part1 lisa.watts1993 part2 aol part3 com going forward", "lisa.watts1993@aol.com"),
    ("write first: 1) chris_fletcher 2) @ 3) proton 4) me", "chris_fletcher@proton.me"),
    ("i wrote khughes53 a in a circle live.com", "khughes53@live.com"),
    ("dave.reed09yahoo.com but with an @ before yahoo", "dave.reed09@yahoo.com"),
    ("send it to jen13 & gmail.com", "jen13@gmail.com"),
    ("los papeles a dgarcia36#yahoo.es cuando pueda", "dgarcia36@yahoo.es"),
    ("tenta ᴘᴀᴜʟᴏ.ᴀʟᴍᴇɪᴅᴀ1999@ʙᴏʟ.ᴄᴏᴍ.ʙʀ", "paulo.almeida1999@bol.com.br"),
)

EXACT = (
    ("paperwork: bob.smith at protonmail.com. It is 12 x 14 ft.", "bob.smith@protonmail.com"),
    ("my inbox, kevin75 a t gmail d o t com , is always open", "kevin75@gmail.com"),
    ("Read between the lines... stevewatts @ gmail,com. nice one", "stevewatts@gmail.com"),
)

HARMLESS = (
    ("DE", "Therme XB73-5467, Baujahr 1941, Seriennummer 5591L598610"),
    ("DE", "Therme 50T50-400, Baujahr 1913, Seriennummer R740840058"),
    ("DE", "Auftragsnummer: 2369989498, Lieferung morgen"),
    ("FR", "le chauffe-eau, numéro de série 0612345678, année 1998"),
    ("ES", "caldera, número de serie 612345678 y matrícula 634567890"),
    ("GB", "listing says 97211 but I'm technically in 30307-2214"),
    ("US", "listing says 30307-2214 but I'm technically in 85018"),
    ("GB", "44,303 on the clock, serviced at 153,107, 2009 Transit"),
    ("US", "quick question, Inspector signed off 0837-68370-PL on 2026-02-21 at 11:00"),
    ("US", "two way switch, com goes at L, red at dot 1"),
    ("GB", "evening, com terminal at left, NO next to it, 31v"),
    ("GB", "cool. com terminal at the bottom, NC next to it"),
    ("CA", "whats a domain anyway? kid keeps saying dot com"),
    ("US", 'what does the @ mean in "32 @ 28 o.c."? centers?'),
    ("US", "part 1: 450 part 2: 1200, option 3: 300"),
    ("US", "1) sand 2) prime 3) paint, first half 50% now, second half later"),
    ("US", "sheets 100x200x3000, quote 12 & 14, f*** that, soooo nice, on e or two"),
    ("US", "paid $5 $4 and $3, the 5th 6th and 7th are free, section IV, V and VI"),
)


@pytest.mark.parametrize(
    ("region", "text", "value"), [one for members in NUMBERS.values() for one in members]
)  # fmt: skip
def test_digits_are_read_through_what_is_put_around_them(region: str, text: str, value: str) -> None:
    """The number is found by its value, whatever its words or pieces are dressed in."""
    assert value in [one.value for one in judge(text, region=region).threats_detected if one.kind == "phone"]


@pytest.mark.parametrize(("text", "value"), [*MAILBOXES, *EXACT])
def test_a_mailbox_in_shreds_is_put_together(text: str, value: str) -> None:
    """The mailbox is found, and nothing of the sentence around it is taken for its end or beginning."""
    assert [one.value for one in judge(text).threats_detected if one.kind == "email"] == [value]


@pytest.mark.parametrize(("region", "text"), HARMLESS)
def test_labels_codes_and_terminals_are_left_alone(region: str, text: str) -> None:
    """Serial numbers in several languages, postal codes, mileage, the common terminal and talk of endings are no contacts."""
    assert judge(text, region=region).threats_detected == ()


@pytest.mark.parametrize(
    "piece", ["f*ve ", "fi ve ", "s-i-x ", "fooour ", "v i ", "ochouno ", "(a) 1 ", "$5 ", "5th ", "5a", "jo (a)(b)", "/a@", "1. jo 2. "]
)  # fmt: skip
def test_shreds_without_end_cost_no_more_than_other_texts(piece: str) -> None:
    """4,096 characters of one disguise are read in proportion: far below a second of one processor."""
    begun = time.process_time()
    judge((piece * 4096)[:4096])
    assert time.process_time() - begun < 0.6
