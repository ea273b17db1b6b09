"""What is found as contact information, however it is written, and what is not."""

import pytest

from app.moderation import judge

PHONE = "+15105747946"

DISGUISED_PHONES = [
    "call 510-574-7946",
    "(510) 574 7946",
    "510.574.7946",
    "5105747946 is my cell",
    "+1 (510) 574-7946",
    "51O574-7946",
    "(5l0)574-79A6".replace("A", "4"),
    "5TEN-574-7946",
    "5one0-5seven4-7nine46",
    "five one zero five seven four seven nine four six",
    "Five1Oh, five74, seven nine 46",
    "area code five one zero then 574 7946",
    "5=1=0=5=7=4-7=9=4=6",
    "5_1_0_5_7_4_7_9_4_6",
    "5 1 0 - 5 7 4 - 7 9 4 6",
    "510////574////79//46",
    "510 ☀ 574 ☀ 7946",
    "510 大 574 大 7946",
    "( 510 ->> 574- >> 7946 )",
    "5\u200b1\u200b0\u200b5\u200b7\u200b4\u200b7\u200b9\u200b4\u200b6",
    "5️⃣1️⃣0️⃣5️⃣7️⃣4️⃣7️⃣9️⃣4️⃣6️⃣",
    "５１０－５７４－７９４６",
    "𝟱𝟭𝟬-𝟱𝟳𝟰-𝟳𝟵𝟰𝟲",
    "①".replace("①", "⑤①⓪ ⑤⑦④ ⑦⑨④⑥"),
    "٥١٠ ٥٧٤ ٧٩٤٦",
    "五一零 五七四 七九四六",
    "text me: 510, 574, 79 forty six",
    "my price is $4,500. five ten 574-7946",
    "tel5105747946",
    "dial 001 510 574 7946",
    "call 510 dash 574 dash 7946",
    "cinco uno cero cinco siete cuatro siete nueve cuatro seis",
    "fünf eins null fünf sieben vier sieben neun vier sechs",
    "cinq un zéro cinq sept quatre sept neuf quatre six",
    "пять один ноль пять семь четыре семь девять четыре шесть",
    "f i v e  o n e  z e r o  f i v e  s e v e n  f o u r  s e v e n  n i n e  f o u r  s i x",
    "fiveonezero-fivesevenfour-sevenninefoursix",
    "fivee onee zeero five sevn foar seven nein four siks",
    "f1ve 0ne z3r0 f1ve s3v3n f0ur s3v3n n1n3 f0ur s1x",
    "five. one, zero! five seven. four, seven nine four six",
    "five hundred ten five hundred seventy four seventy nine forty six",
    "510 is the area code, then 574 and the rest is 7946",
    "first three 510, middle three 574, last four 7946",
    "5x1x0x5x7x4x7x9x4x6",
    "&#53;&#49;&#48; 574-7946",
    "my cell: SlO 574 7946".replace("SlO", "5lO"),
    "(510) 574-7946x17",
]

ABROAD = [
    ("GB", "ring me on 020 7946 0958", "+442079460958"),
    ("FR", "appelez-moi au 06 12 34 56 78", "+33612345678"),
    ("FR", "zéro six douze".replace("douze", "un deux trois quatre cinq six sept huit"), "+33612345678"),
    ("DE", "meine Nummer: 0151 23456789", "+4915123456789"),
    ("ES", "llámame al seis uno dos tres cuatro cinco seis siete ocho", "+34612345678"),
    ("MX", "mi cel 55 1234 5678", "+525512345678"),
    ("IN", "98765 43210", "+919876543210"),
    ("BR", "(11) 96123-4567", "+5511961234567"),
    ("AU", "0412 345 678", "+61412345678"),
    ("US", "whatsapp +44 7911 123456", "+447911123456"),
    ("US", "llámame al 612 34 56 78", "+34612345678"),
    ("RU", "звоните 8 (912) 345-58-37", "+79123455837"),
    ("IT", "chiamami al +39 02 1239 5661", "+390212395661"),
    ("US", "tel:+82-10-2094-6024", "+821020946024"),
    ("NZ", "ring 0031612342365", "+31612342365"),
    ("DK", "32932952", "+4532932952"),
    ("US", "+41 (0)96 471 07 95", "+41964710795"),
]

MAILBOX = "jo.smith@gmail.com"

DISGUISED_MAILBOXES = [
    "jo.smith@gmail.com",
    "Write to JO.SMITH@GMAIL.COM!",
    "jo.smith at gmail dot com",
    "jo dot smith at gmail dot com",
    "jo dot smith at gmail",
    "jo.smith(at)gmail(dot)com",
    "jo.smith [at] gmail [dot] com",
    "jo.smith {at} gmail {dot} com",
    "jo.smith<at>gmail<dot>com",
    "jo.smith @ gmail . com",
    "jo.smith AT gmail DOT com",
    "jo.smith_at_gmail_dot_com",
    "jo.smith@g\u200bmail.com",
    "jo.smith@ｇｍａｉｌ.com",
    "jо.smith@gmаil.com",
    "jo.smith arroba gmail punto com",
    "jo.smith arobase gmail point com",
    "jo.smith at g mail dot com",
    "jo.smith@gmail,com",
    "my gmail is jo.smith",
    "jo.smith (gmail)",
    "jo.smith gmail com",
    "jo.smith＠gmail．com",
    "jo.smith&#64;gmail&#46;com",
    "jo.smith%40gmail.com",
    "jo.smithATgmailDOTcom",
    "jo.smith ⓐ gmail . com",
    'jo.smith "at" gmail "dot" com',
    "jo.smith |at| gmail |dot| com",
    "jo.smith (at symbol) gmail (dot) com",
    "j o . s m i t h @ g m a i l . c o m",
    "jo.smith@NOSPAMgmail.com",
    "gmail: jo.smith",
    "jo.smith собака gmail точка com",
    "user jo.smith domain gmail.com",
]

OTHERS = [
    ("url", "see https://acme-plumbing.com/quote?id=3", "https://acme-plumbing.com/quote?id=3"),
    ("url", "www.acme-plumbing.com has photos", "www.acme-plumbing.com"),
    ("url", "acme-plumbing.com", "acme-plumbing.com"),
    ("url", "acme-plumbing dot com", "acme-plumbing.com"),
    ("url", "acme-plumbing[.]com", "acme-plumbing.com"),
    ("url", "hxxps://acme-plumbing.com/a", "https://acme-plumbing.com/a"),
    ("url", "bit.ly/3xYz", "bit.ly/3xyz"),
    ("meeting_link", "join https://us02web.zoom.us/j/123?pwd=a", "https://us02web.zoom.us/j/123?pwd=a"),
    ("meeting_link", "meet.google.com/abc-defg-hij", "meet.google.com/abc-defg-hij"),
    ("meeting_link", "zoom meeting id: 845 1234 5678", "84512345678"),
    ("social_handle", "insta: acme_plumbing", "acme_plumbing"),
    ("social_handle", "add me on telegram @acme_pl", "@acme_pl"),
    ("social_handle", "I'm @acme_pl on instagram", "@acme_pl"),
    ("social_handle", "my snap is acmepl99", "acmepl99"),
    ("social_handle", "t.me/acmepl", "t.me/acmepl"),
    ("social_handle", "wa.me/15105747946", "wa.me/15105747946"),
    ("social_handle", "微信: acme_pl88", "acme_pl88"),
    ("payment_handle", "venmo @acme-pl", "@acme-pl"),
    ("payment_handle", "cashapp $acmepl", "$acmepl"),
    ("payment_handle", "paypal.me/acmepl", "paypal.me/acmepl"),
    ("payment_handle", "IBAN DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
    ("payment_handle", "upi acme@okaxis", "acme@okaxis"),
    ("address", "The house is 123 Main Street, Springfield, IL 62704", "123 main street, springfield, il 62704"),
    ("address", "come to 4021 NE 14th Ave Apt 3", "4021 ne 14th ave apt 3"),
    ("address", "742 Evergreen Terrace", "742 evergreen terrace"),
    ("address", "wir sind in der Hauptstraße 12", "hauptstrasse 12"),
    ("address", "12 rue de la Paix", "12 rue de la paix"),
    ("address", "Via Roma 131", "via roma 131"),
    ("address", "send it to P.O. Box 1234", "p.o. box 1234"),
    ("address", "one two three main street", "one two three main street"),
]

CLEAN = [
    "The price is $4,500 for 2 rooms, 1,200 sq ft, built in 1987.",
    "I can do it for 5000 to 5500, start 10/12/2025 at 8:30.",
    "10 by 12 room, 2 windows 36 x 48, 3 doors 80 x 32",
    "It is a 5 minute walk, on a one way street, 2 car driveway.",
    "There is room at some point in the afternoon.",
    "fine.it is ok.so let me know",
    "VIN 1HGCM82633A004352, model 4156979528, plate 7ABC123",
    "order number 5105747946, tracking 9400111899223344556677",
    "card 4111 1111 1111 1111 was charged",
    "ssn 123-45-6789",
    "2018 117000 miles, registered till 08/2018",
    "Highways 580, 24, 13, 880 and 80 are near.",
    '50" 55" 60" 65" 70" Samsung',
    "Rear cassette 25,23,21,19,17,15,14,13,12,11 and front 53,39.",
    "pages 1024-1033, chapter 12, ZIP 94601-1234",
    "I blocked 41.173.96.26 in the router",
    "@Maria can you come on Monday?",
    "First, second and third floor; one or two people; for four to five days",
    "The estimate covers 3 baths and 4 beds, 2 of them new.",
    "Version 2.10.4 works, see file.py and README.md",
    "I love it. Is it in stock? Me too.",
    "Es kostet 450 Euro und dauert 3 Tage, um 9 Uhr.",
    "Call me when you can!",
    "I paid 864 423 and 9896 the last three months",
    "ship to 66025, 91776 or 67670",
    "10/100/1000 Ethernet, gears 52/36 11/28 172.5mm",
    "Part 519331-002, 463953-001 (H15092936)",
    "iPhone s4 s5 s6 s7 s8 for sale, one settee",
    "due 02/28/12 14: Day 1",
    "we met at yahoo headquarters, the outlook at gmail is good",
    "it would help at this point to meet",
    "I'm at work. Com is down",
    "100x200 tiles, a 1920x1080 screen",
    "We used 12 gauge wire, 240 volts, 30 amp breaker and 1/2 inch pipe.",
    "",
    " ",
]


def kinds(text: str, **options: str) -> set[tuple[str, str]]:
    """(kind, value) of what is found."""
    return {(one.kind, one.value) for one in judge(text, **options).threats_detected}


@pytest.mark.parametrize("text", DISGUISED_PHONES)
def test_a_phone_number_is_found_in_every_disguise(text: str) -> None:
    """The same number, in words, look-alikes, other scripts and between other characters."""
    assert ("phone", PHONE) in kinds(text)


@pytest.mark.parametrize(("region", "text", "value"), ABROAD)
def test_a_phone_number_of_any_country_is_found(region: str, text: str, value: str) -> None:
    """National forms of the home region, international ones of every other."""
    assert ("phone", value) in kinds(text, region=region)


@pytest.mark.parametrize("text", DISGUISED_MAILBOXES)
def test_a_mailbox_is_found_in_every_disguise(text: str) -> None:
    """The same address, spoken, bracketed, spaced and in look-alikes."""
    assert kinds(text) == {("email", MAILBOX)}


@pytest.mark.parametrize(("kind", "text", "value"), OTHERS)
def test_other_ways_round_are_found(kind: str, text: str, value: str) -> None:
    """Links, meetings, profiles, tills and addresses, each with what was meant."""
    assert (kind, value) in kinds(text)


@pytest.mark.parametrize("text", CLEAN)
def test_ordinary_talk_is_left_alone(text: str) -> None:
    """Prices, dates, sizes, numbers of things, and words that look like parts of a contact."""
    verdict = judge(text)
    assert verdict.threats_detected == ()
    assert (verdict.decision, verdict.filtered_content) == ("approved", text)


def test_home_regions_come_first() -> None:
    """The same digits are read as the home country's number."""
    assert kinds("call 020 7946 0958", region="GB") == {("phone", "+442079460958")}


def test_a_number_with_a_digit_withheld_is_found() -> None:
    """Whoever leaves one digit out means the number."""
    assert [one.kind for one in judge("my number is 510-574-794x").threats_detected] == ["phone"]


@pytest.mark.parametrize(
    ("region", "text", "value"),
    [
        ("US", "917and334and8821", "+19173348821"),
        ("US", "917 tree tree for 8821", "+19173348821"),
        ("US", "917 334 eight eight two won", "+19173348821"),
        ("US", "marcame al nueve uno siete, 334, ochenta y ocho veintiuno", "+19173348821"),
        ("US", "four one five, then six oh nine, and lastly 2 two 8 eight", "+14156092288"),
        ("US", "646:288:4410", "+16462884410"),
        ("US", "6.4.6-2.8.8-4.4.1.0", "+16462884410"),
        ("US", "6 4 6\n2 8 8\n4 4 1 0", "+16462884410"),
        ("US", "6 4 6 , 2 8 8 , 4 4 1 0", "+16462884410"),
        ("DE", "0 1 7 1 - 2 3 4 - 5 6 7 8", "+491712345678"),
        ("DE", "null eins fünf eins, zwölf vierunddreißig, fünfundsechzig neun null", "+4915112346590"),
        ("FR", "zéro six, quarante-deux, dix-sept, quatre-vingt-douze, zéro cinq", "+33642179205"),
        ("FR", "06-soixante-quinze-12-34-56", "+33675123456"),
        ("ES", "seis treinta y cuatro, doce, cero ocho, noventa y uno", "+34634120891"),
        ("IT", "tre tre otto, dodici, trentaquattro, cinquantasei sette", "+393381234567"),
        ("BR", "(onze) 9 8765 quatro três dois um", "+5511987654321"),
        ("NL", "nul zes, vierentwintig, zesenvijftig, achtenzeventig, twaalf", "+31624567812"),
        ("RU", "восемь девятьсот шестнадцать 123 сорок пять 67", "+79161234567"),
        ("JP", "０９０ー１２３４ー５６７８", "+819012345678"),
        ("CN", "加我 一 三 八 〇 〇 一 三 八 〇 〇 〇", "+8613800138000"),
        ("US", "reach me on four one uh five um, six then oh nine two two eight eight", "+14156092288"),
        ("BR", "um um nove seis um dois três quatro dois cinco seis", "+5511961234256"),
        ("US", "you said 4 and 1 and 5 and 6 and 0 and 9 and 2 and 2 and 8 and 8 was best for it all", "+14156092288"),
        ("US", "<b>415</b><b>609</b><b>2288</b> if you like my work", "+14156092288"),
        ("US", "4I5-б09-22зз is how we get this done", "+14156092233"),
        ("US", "for a quick start 4-1.56.0*9 2.2*8 8", "+14156092288"),
        ("GB", '"0161" "496" "0123" when you are ready', "+441614960123"),
        ("GB", "it is Tom, (0161) 4 9 6 0 1 2 3 is best for this", "+441614960123"),
        ("GB", "it is Tom, 0,1,6,1,4,9,6,0,1,2,3 is best for this", "+441614960123"),
        ("AU", "it is Tom here\n0412\n345\n678", "+61412345678"),
        ("DE", "meine nr: 0I5I - 23 45 67 89", "+4915123456789"),
        ("DE", "Nummer drei null: null drei null eins zwei acht eins null null".partition(": ")[2], "+4930128100"),
    ],
)
def test_a_number_is_read_as_it_is_said_in_other_languages(region: str, text: str, value: str) -> None:
    """Tens, hundreds and twenties of several languages; digits one by one, woven into words, or a group a line."""
    assert [one.value for one in judge(text, region=region).threats_detected] == [value]


@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("US", "1 2 3 4 5 6 7 8 9 10 ready or not"),
        ("DE", "Bestellnummer 302 8841 2219"),
        ("DE", "commande 405 1182 3391"),
        ("DE", "wattage 40 60 75 100"),
        ("GB", "lumens 800 1100 1600"),
        ("DE", "rates: fifty, sixty, seventy five, ninety"),
        ("FR", "trois mille deux cents euros pour douze fenêtres"),
        ("ES", "son treinta y cinco metros por ochenta"),
        ("AU", "reservation 798 273 895 is confirmed"),
        ("US", "reservation 366 603 299 is confirmed"),
        ("GB", "scores 79 93 79 73 74 this week"),
        ("FR", "the firmware went to 2.82.369203"),
        ("DE", "gps 42.93021 N 72.90450 W, next to the barn"),
        ("DE", "hex 0x25400682 thanks"),
        ("US", "ok, the scores were 16 58 73 37 19"),
        ("DE", "wir haben einundzwanzig Fenster und zwölf Türen"),
    ],
)
def test_counting_scales_and_orders_are_no_number(region: str, text: str) -> None:
    """Figures that rise step by step, sizes to choose from, and numbers of orders in other languages."""
    assert judge(text, region=region).threats_detected == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("joeplumb77 at the rate gmail dot com", "joeplumb77@gmail.com"),
        ("joeplumb77 (at the rate) gmail.com", "joeplumb77@gmail.com"),
        ("joesplumb77 over at yahoo dot com", "joesplumb77@yahoo.com"),
        ("meine Mail: h.mueller bei gmx punkt de", "h.mueller@gmx.de"),
        ("luc tiret martin arobase free point fr", "luc-martin@free.fr"),
        ("juan punto perez arroba empresa punto com punto ar", "juan.perez@empresa.com.ar"),
        ("tilerpete and then @outlook.com", "tilerpete@outlook.com"),
        ("tilerpete (insert at sign here) outlook.com", "tilerpete@outlook.com"),
        ("tilerpete#outlook.com", "tilerpete@outlook.com"),
        ("joeplumb77 🐵 gmail . com", "joeplumb77@gmail.com"),
        ("user tilerpete, host outlook.com", "tilerpete@outlook.com"),
        ("my gmail username is tilerpete", "tilerpete@gmail.com"),
        ("find me on gmail as tilerpete99", "tilerpete99@gmail.com"),
        ("im at jerome.builds at gmail, dot com of course", "jerome.builds@gmail.com"),
        ("J-O-E-P-L-U-M-B at gmail dot com", "joeplumb@gmail.com"),
        ("office (at) coleroofing com", "office@coleroofing.com"),
        ("moc.liamg@77elocb backwards", "bcole77@gmail.com"),
        ("quote to carpenter.dan-at-hotmail-dot-co-dot-uk", "carpenter.dan@hotmail.co.uk"),
        ("tiles4less @ web de thanks", "tiles4less@web.de"),
        ("paintpros a t yahoo d o t com", "paintpros@yahoo.com"),
        ("mail me: anna.k📧gmx.de", "anna.k@gmx.de"),
        ("username big-al on yahoo", "big-al@yahoo.com"),
    ],
)
def test_a_mailbox_is_read_as_people_say_it(text: str, value: str) -> None:
    """At the rate of, over at, any sign for the at sign, names of marks in other languages, backwards."""
    assert [one.value for one in judge(text).threats_detected if one.kind == "email"] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "I work over at yahoo", "at the rate of 50 per hour", "domain name and server are down",
        "gmail as usual is slow", "outlook as of today is sunny", "we met bei Müller", "the user, host and guest",
        "I looked at outlook and it is rainy", "chez nous, c'est gmail qui rame", "rate # 4 of 5",
    ],
)  # fmt: skip
def test_words_about_mail_are_no_mailbox(text: str) -> None:
    """A provider's name with words for at and user around it."""
    assert judge(text).threats_detected == ()
