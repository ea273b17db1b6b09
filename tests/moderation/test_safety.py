"""What a message does to its reader, and what only sounds like it."""

import math

import pytest

from app.moderation import judge
from app.moderation.linear import SHORT, Model

UNSAFE = [
    ("threat", "I will kill you if you come here again"),
    ("threat", "I'll find you and break your legs"),
    ("threat", "watch your back, I know where you live"),
    ("threat", "we'll burn your house down"),
    ("threat", "te voy a matar"),
    ("harassment", "you are an idiot"),
    ("harassment", "shut up you moron"),
    ("harassment", "You stupid bitch, fuck off"),
    ("harassment", "nobody likes you, hope you die"),
    ("harassment", "eres un idiota"),
    ("harassment", "You sound like a complete moron"),
    ("harassment", "you lying piece of garbage, go to hell"),
    ("harassment", "go back to your own country"),
    ("harassment", "immigrants are all vermin"),
    ("spam", "Congratulations! You have won a £1000 prize. To claim text WIN to 80086 now"),
    ("spam", "FREE ringtones! Reply YES to get your free tone, 150p per msg"),
    ("scam", "pay the deposit by zelle before I start"),
    ("scam", "let's do this outside the app to avoid the fees"),
    ("scam", "please send me the 6 digit code you received"),
    ("scam", "Your account is suspended, confirm your password here"),
    ("scam", "I sent a cashier's check, send the extra money to my mover"),
    ("scam", "buy two steam gift cards and send me the codes"),
    ("sexual", "send me nudes"),
    ("sexual", "I want to have sex with you"),
    ("self_harm", "I want to kill myself"),
    ("self_harm", "I don't want to live anymore"),
    ("self_harm", "everyone would be better off without me"),
]

SAFE = [
    "this is fucking great, damn good shit",
    "what the hell is this crap",
    "he called me a stupid bitch and said he will kill me",
    'She wrote "I will kill you" to me, please help',
    "The previous contractor told us he would burn our house down.",
    "> you are an idiot\nI did not like that message of yours.",
    "This price is killing me lol",
    "I'll come for you at 9 with the truck",
    "the hot water heater is dead, can you kill the power first?",
    "I am such an idiot, I forgot the key",
    "we need a trash can in the kitchen",
    "The sink is a piece of garbage",
    "Kill it with fire! The mold I mean.",
    "I need to cut the wall here, it is hurting my back",
    "I can start next week. Materials are included in the price.",
    "Half of the price is due when the work is done, as the contract says.",
    "never pay anybody outside the app, that is a scam",
    "The van needs a new motor and tranny, fill the chinks in the wall",
    "it is spic and span, your trash can is outside",
    "I am sorry, I never meant to hurt you",
    "Send the plans and I'll get you early access to the quote",
    "My number is 510-574-7946, call me when you can!".replace("510-574-7946", "on the contract"),
    "Do you have a bed and a naked wall for the painting?",
    "The bathroom is dated; we want to rip it out and shoot for June.",
]


@pytest.mark.parametrize(("kind", "text"), UNSAFE)
def test_what_harms_its_reader_is_found(kind: str, text: str) -> None:
    """Each kind by its name, and never simply approved."""
    verdict = judge(text)
    assert kind in {one.kind for one in verdict.threats_detected}
    assert verdict.decision in ("review", "blocked")
    assert verdict.filtered_content is None
    assert verdict.comments


@pytest.mark.parametrize("text", SAFE)
def test_rudeness_quotes_and_figures_of_speech_are_no_harm(text: str) -> None:
    """Profanity alone, what somebody else said, and words that are meant otherwise."""
    assert judge(text).decision == "approved"


def test_profanity_alone_never_blocks() -> None:
    """Any heap of rude words that is aimed at nobody."""
    words = ("fuck", "fucking", "shit", "damn", "hell", "ass", "crap", "bullshit", "wtf")
    for first in words:
        for second in words:
            assert judge(f"{first} this {second} took long").decision == "approved"


def test_self_harm_goes_to_a_person_and_is_never_blocked() -> None:
    """Whoever needs help must not be met by a wall."""
    assert judge("I want to kill myself").decision == "review"


def test_a_disguised_insult_is_read() -> None:
    """Look-alikes and invisible characters do not hide it."""
    assert judge("yоu аre an idi\u200bot").decision in ("review", "blocked")


FRIENDLY = (
    "Thanks for the quick answer, we would like the tiles in the small bathroom and the hall. The old ones can stay until "
    "you have looked at them on Monday morning, and my wife is at home all day. "
)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("threat", "I will find you and break your legs."),
        (
            "spam",
            "URGENT! You have won a 2000 pounds prize. To claim call 09061701461. Claim code KL341. Txt STOP to 80888",
        ),
        ("harassment", "you are a worthless bitch and a retard."),
        ("self_harm", "I want to kill myself."),
    ],
)
@pytest.mark.parametrize("times", [2, 12, 40])
def test_what_is_wrong_with_a_text_may_stand_anywhere_in_it(kind: str, text: str, times: int) -> None:
    """Behind, amid and before any number of friendly words that are read: it reaches nobody before a person."""
    for place in (0, times // 2, times):
        whole = FRIENDLY * place + text + " " + FRIENDLY * (times - place)
        verdict = judge(whole[:8_000])
        assert verdict.decision in ("review", "blocked")
        assert kind in {one.kind for one in verdict.threats_detected}
    assert judge((FRIENDLY * times)[:8_000]).decision == "approved"


def test_a_part_alone_never_stops_a_text() -> None:
    """What twenty words of many say calls a person; what the whole says may stop it."""
    spam = "URGENT! You have won a 2000 pounds prize. To claim call 09061701461. Claim code KL341. Txt STOP to 80888"
    assert judge(spam).decision == "blocked"
    assert judge(FRIENDLY * 12 + spam).decision == "review"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("threat", "if you leave a bad review I'll make sure you never walk again"),
        ("threat", "I'll put a bullet in your head"),
        ("threat", "give me the money or your dog gets it"),
        ("threat", "I'm coming to your house with a bat"),
        ("self_harm", "there's no point in living"),
        ("self_harm", "nobody would miss me if I was gone"),
        ("self_harm", "nothing matters, I'd be better off dead"),
        ("self_harm", "me quiero morir"),
        ("scam", "I'll send a check for more than the amount, just wire back the difference"),
        ("scam", "what's your card number and cvv, I'll pay now"),
        ("scam", "text me the code that the site just sent you"),
        ("spam", "Netflix: your payment failed, update your details at netflix-billing.co"),
        ("spam", "Investment opportunity: guaranteed 15% weekly returns, minimum deposit $200"),
        ("spam", "Evri: your parcel is on hold, the house number is missing. Update it here: evri-redeliver.site"),
        ("scam", "SunPass: you have an unpaid toll of $8.20. Pay today to avoid a penalty sunpass-bill.vip"),
        (
            "spam",
            "Hello, I am Emma from a recruitment agency. We have a remote job, $200-$400 a day. Add me on WhatsApp",
        ),
        ("spam", "Mom it's me, my phone is broken, save this number. I need to pay something today, can you send it"),
        ("spam", "FLASH SALE: 70% off all sneakers, today only! Shop now www.best-shoes.store"),
        ("spam", "Need more customers? Our system brings exclusive leads every week, book a demo"),
        ("spam", "Make $900 per day with our trading bot, join our telegram"),
    ],
)
def test_what_people_write_today_is_read(kind: str, text: str) -> None:
    """Paraphrases of threats and of despair, and frauds that old collections do not know."""
    verdict = judge(text)
    assert kind in {one.kind for one in verdict.threats_detected}
    assert verdict.decision in ("review", "blocked")


@pytest.mark.parametrize(
    "text",
    [
        "I'm coming to your house with a ladder at 9", "say hello to your new windows", "don't want to wake up the baby",
        "I want to die of laughter", "cut myself on the tile, nothing bad", "text me the gate code please",
        "my husband is deployed overseas, I'll open the door", "please update your details in the bid",
        "The parcel with the faucet is on hold at the depot, I'll call them.", "I paid the toll, it is on the invoice",
        "Mum is home all day and lets you in, my phone is broken", "Flooring is 20% off this week at the big store",
        "We offer kitchens and baths, fully insured, happy to send references", "Did the bank approve your loan?",

        "Your package for the sink is on hold at Home Depot", "there's no point in patching it",
    ],
)  # fmt: skip
def test_the_same_words_said_of_work_are_harmless(text: str) -> None:
    """Ladders, packages and codes of gates."""
    assert judge(text).decision == "approved"


@pytest.mark.parametrize(
    "text",
    [
        "Hello sir, we supply granite from India, low MOQ, see our price list at stone-yard.top",
        "Your voicemail of 0:41 is waiting, hear it at vm-inbox.cc",
        "Reply CLAIM for the refund you are owed, up to 3,000 pounds. STOP to end",
    ],
)
def test_offers_below_cheap_endings_and_new_lures_are_read(text: str) -> None:
    """Links that the list of common endings does not name, and baits that older collections do not know."""
    assert "spam" in {one.kind for one in judge(text).threats_detected}


@pytest.mark.parametrize(
    "text",
    [
        "482913 is your login code. Never tell anybody",
        "Your order from Zara comes today between 2 and 4pm, nobody has to be home",
        "Invoice 5591 for $312.50 is in your account, payable within 14 days",
        "We have received your payment of $88.15, the receipt is in the app",
        "Is the washer still there? I can pay $120 cash tonight",
    ],
)
def test_notices_that_somebody_waits_for_are_harmless(text: str) -> None:
    """Codes, orders, bills and receipts look like what is sent to many, and are not."""
    assert judge(text).decision in ("approved", "filtered")
    assert not {"spam", "scam"} & {one.kind for one in judge(text).threats_detected}


def test_a_scaled_model_is_no_surer_for_the_length_of_a_text() -> None:
    """The same evidence for each feature weighs as the root of how many there are, and a few weigh as if they were more."""
    plain = Model(name="x", trained="", bias=-1.0, threshold=0.5, weights={"a": 40.0})
    scaled = Model(name="x", trained="", bias=-1.0, threshold=0.5, weights={"a": 40.0}, scaled=True)
    many = {"a", *map(str, range(399))}
    assert plain.total(many) == 39.0
    assert scaled.total(many) == 1.0
    assert scaled.total({"a"}) == scaled.total({"a", "b"}) == -1.0 + 40.0 / math.sqrt(SHORT)
    assert scaled.total(set()) == -1.0
