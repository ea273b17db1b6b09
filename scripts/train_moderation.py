"""Train the linear models of app/moderation from public data: `python -m scripts.train_moderation DATA`.

DATA is a folder with whatever is at hand of: `smishing.csv` (label, TEXT), `abuse_tweets.csv` (class, tweet),
`disguised_phones.jsonl` (text), `email_requests.txt`, `spamassassin/` (the parts of that corpus, a folder each), and
`sentiment/` with the `*_GroundTruth.txt` files of Hutto & Gilbert (2014) and `vader_lexicon.txt`. Needs the dependency
group `training` (`uv sync --group training`).

Writes `app/moderation/weights/*.json` and prints what the models reach on texts they have not seen: spam, bulk, scam
and abuse by cross-validation, sentiment on three tenths of the texts, told apart by a hash. What is written saw all.
"""

import argparse
import hashlib
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from app.moderation.features import mass, rude, words
from app.moderation.folding import fold
from app.moderation.linear import SHORT
from app.moderation.sentiment import label, sentiment_features
from scripts.moderation_texts import (
    Labelled,
    advertised,
    frauds,
    mails,
    messages,
    requests,
    today,
    tweets,
    with_contacts,
)

WEIGHTS = Path(__file__).resolve().parents[1] / "app" / "moderation" / "weights"
FOLDS = 5
SURE = 0.6
"""What every model says at its threshold, so that a policy can compare their confidence."""
HEARD = 0.5
"""Texts that count less than this bring no features of their own."""
LEAST = 0.04
"""A feature that weighs less is left out."""
UNIT = 10.0
"""The root of how many features a short text has: what a scaled model's weights are measured in."""
See = Callable[[str], set[str]]


class Recipe(NamedTuple):
    """How one model is made."""

    name: str
    source: str
    see: See
    rows: Labelled
    """What it is for: learned, measured, and asked for the threshold."""
    beside: list[tuple[Labelled, float]]
    """What it only learns besides, and how much a text of it counts."""
    limit: Callable[[list[float], list[int]], float]
    """The threshold, from cross-validated scores and labels of `rows`."""
    strength: float
    least: int
    """In how many texts a feature has to be."""
    asked: Labelled = []  # noqa: RUF012 - never written to
    """Texts of another kind that nothing is learned from: where there are any, the threshold is asked of them."""
    scaled: bool = False
    """Whether a sum is divided by the root of how many features its text has, as `Model.total` does."""


def held_out(text: str) -> bool:
    """Whether a text is among the three tenths nothing is learned from."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10 < 3


def sent_to_many(text: str) -> set[str]:
    """Features of a text as the scorer of spam sees it."""
    return mass(text, words(fold(text).text))


def insulting(text: str) -> set[str]:
    """Features of a text as the scorer of abuse sees it."""
    return rude(text, words(fold(text).text))


def fit(
    bags: list[set[str]], labels: list[int], shares: list[float], strength: float, least: int, *, scaled: bool = False
) -> tuple[Any, Any]:
    """(vectorizer, model) of a regression on features met `least` times."""
    counts = Counter(name for bag, share in zip(bags, shares, strict=True) if share >= HEARD for name in bag)
    vectorizer = DictVectorizer()
    vectorizer.fit([{name: 1.0 for name in bag if counts[name] >= least} for bag in bags])
    matrix = seen(vectorizer, bags, scaled=scaled)
    learner = LogisticRegression(C=strength, max_iter=400, class_weight="balanced", solver="liblinear", random_state=0)
    learner.fit(matrix, labels, sample_weight=shares)
    return vectorizer, learner


def seen(vectorizer: Any, bags: list[set[str]], *, scaled: bool) -> Any:
    """The matrix of some texts, each row shortened by the root of its features where the model is to be scaled."""
    matrix = narrow(vectorizer.transform([dict.fromkeys(bag, 1.0) for bag in bags]))
    return narrow(shortened(matrix, bags)) if scaled else matrix


def shortened(matrix: Any, bags: list[set[str]]) -> Any:
    """A matrix whose rows count less the more features their texts have. `UNIT` keeps `strength` comparable."""
    return matrix.multiply(np.array([[UNIT / math.sqrt(max(len(bag), SHORT))] for bag in bags])).tocsr()


def narrow(matrix: Any) -> Any:
    """A sparse matrix with the indices the learner takes."""
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    return matrix


def train(recipe: Recipe) -> dict[str, Any]:
    """Judge each text by a model of the others, choose the threshold by that, learn from all, write."""
    bags, labels = [recipe.see(text) for text, _ in recipe.rows], [label for _, label in recipe.rows]
    more = [(recipe.see(text), label, share) for rows, share in recipe.beside for text, label in rows]
    extra, extra_labels, shares = ([one[place] for one in more] for place in range(3))

    def learned(chosen: Iterable[int]) -> tuple[Any, Any]:
        own = list(chosen)
        return fit(
            [*(bags[place] for place in own), *extra], [*(labels[place] for place in own), *extra_labels],
            [1.0] * len(own) + shares, recipe.strength, recipe.least, scaled=recipe.scaled,
        )  # fmt: skip

    scores = [0.0] * len(bags)
    for known, asked in StratifiedKFold(FOLDS, shuffle=True, random_state=7).split(bags, labels):
        vectorizer, learner = learned(known)
        matrix = seen(vectorizer, [bags[place] for place in asked], scaled=recipe.scaled)
        for place, pair in zip(asked, learner.predict_proba(matrix), strict=True):
            scores[place] = float(pair[1])
    vectorizer, learner = learned(range(len(bags)))
    if recipe.asked:
        matrix = seen(vectorizer, [recipe.see(text) for text, _ in recipe.asked], scaled=recipe.scaled)
        limit = recipe.limit([float(pair[1]) for pair in learner.predict_proba(matrix)], [0] * len(recipe.asked))
    else:
        limit = recipe.limit(scores, labels)
    unit = UNIT if recipe.scaled else 1.0
    weights = dict(zip(vectorizer.get_feature_names_out(), learner.coef_[0] * unit, strict=True))
    write(recipe.name, recipe.source, float(learner.intercept_[0]), limit, weights, scaled=recipe.scaled)
    return told(recipe.name, scores, labels, limit)


def few_wrong(share: float) -> Callable[[list[float], list[int]], float]:
    """The lowest score above which at most a share of the negatives lie."""

    def limit(scores: list[float], labels: list[int]) -> float:
        wrong = sorted((score for score, label in zip(scores, labels, strict=True) if not label), reverse=True)
        return round(max(0.5, wrong[int(len(wrong) * share)] + 1e-4), 4)

    return limit


def precise(share: float) -> Callable[[list[float], list[int]], float]:
    """The lowest score above which a share of what is flagged is right."""

    def limit(scores: list[float], labels: list[int]) -> float:
        right, best = 0, 1.0
        for count, (score, there) in enumerate(sorted(zip(scores, labels, strict=True), reverse=True), 1):
            right += there
            if right >= share * count:
                best = score
        return round(max(0.02, best), 4)

    return limit


def write(
    name: str, trained: str, bias: float, limit: float, weights: dict[str, float], *, sure: float = SURE,
    scaled: bool = False,
) -> None:  # fmt: skip
    """One model as JSON, sorted, without what weighs next to nothing, moved so that it says `sure` at its threshold."""
    bias += math.log(sure / (1 - sure)) - math.log(limit / (1 - limit))
    least, digits = (LEAST * UNIT, 2) if scaled else (LEAST, 3)
    kept = {key: round(weight, digits) for key, weight in sorted(weights.items()) if abs(weight) >= least}
    model = {"name": name, "trained": trained, "bias": round(bias, 4), "threshold": sure, "weights": kept}
    model |= {"scaled": True} if scaled else {}
    (WEIGHTS / f"{name}.json").write_text(json.dumps(model, ensure_ascii=False, indent=0) + "\n")


def told(name: str, scores: list[float], labels: list[int], limit: float) -> dict[str, Any]:
    """Precision, recall, F1 and the share of negatives flagged."""
    hits = sum(score >= limit for score in scores)
    right = sum(label for score, label in zip(scores, labels, strict=True) if score >= limit)
    there = sum(labels)
    precision, recall = right / max(hits, 1), right / max(there, 1)
    return {
        "model": name, "texts": len(scores), "positive": there, "threshold": limit, "precision": round(precision, 4),
        "recall": round(recall, 4), "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
        "negatives_flagged": round((hits - right) / max(len(scores) - there, 1), 4),
    }  # fmt: skip


def inoffensive(data: Path) -> Labelled:
    """Tweets nobody calls offensive, where they are at hand: what people write when they sell nothing."""
    path = data / "abuse_tweets.csv"
    return [(text, 0) for text, label in tweets(path) if not label] if path.exists() else []


def trade(data: Path) -> Labelled:
    """Pieces of ads, where they are at hand."""
    path = data / "disguised_phones.jsonl"
    return [(text, 0) for text in advertised(path)] if path.exists() else []


def written(data: Path) -> Labelled:
    """What people write to each other by mail, where it is at hand, and sentences with contacts."""
    path = data / "email_requests.txt"
    return [(text, 0) for text in (*(requests(path) if path.exists() else ()), *with_contacts(400))]


def posted(data: Path) -> Labelled:
    """Mails that are no spam, where they are at hand."""
    path = data / "spamassassin"
    return [(text, 0) for text, label in mails(path) if not label] if path.exists() else []


def spam(data: Path) -> list[dict[str, Any]]:
    """`spam`: unwanted or fraudulent SMS against ordinary; `scam`: fraudulent against the rest."""
    source = (
        "SMS Phishing dataset (Mendeley f45bkkt8pr, CC BY 4.0); ordinary besides: ads of cocoa, MIT; inoffensive "
        "tweets of Davidson et al. (2017), MIT; mail of Parakweet, Apache-2.0, and SpamAssassin; "
        "scripts/texts/today.txt"
    )
    beside = [(trade(data), 1.0), (inoffensive(data), 0.1), (written(data), 0.1), (posted(data), 0.1)]
    sms = data / "smishing.csv"
    bad, false = ([*beside, (today(kinds), 0.5)] for kinds in (("spam", "scam"), ("scam",)))
    return [
        train(Recipe("spam", source, sent_to_many, messages(sms), bad, precise(0.985), 1.0, 3, scaled=True)),
        train(Recipe("scam", source, sent_to_many, frauds(sms), false, few_wrong(0.004), 1.0, 3)),
    ]


def bulk(data: Path) -> list[dict[str, Any]]:
    """`bulk`: spam by mail, cut to the length of a message, against mails, SMS and tweets."""
    source = "SpamAssassin public corpus; ordinary besides: SMS Phishing dataset, Davidson et al. (2017), cocoa"
    sms = data / "smishing.csv"
    ordinary = [(text, 0) for text, label in messages(sms) if not label] if sms.exists() else []
    rows = [*mails(data / "spamassassin"), *ordinary, *inoffensive(data)]
    recipe = Recipe("bulk", source, sent_to_many, rows, [(trade(data), 1.0)], few_wrong(0.004), 0.5, 6, written(data))
    return [train(recipe)]


def abuse(data: Path) -> list[dict[str, Any]]:
    """`abuse`: hateful or offensive tweets against others, and besides against SMS and mails where they are at hand."""
    source = (
        "Davidson et al. (2017), hate speech and offensive language, MIT; ordinary besides: SMS Phishing dataset, "
        "SpamAssassin public corpus"
    )
    sms = data / "smishing.csv"
    ordinary = [(text, 0) for text, label in messages(sms) if not label] if sms.exists() else []
    ordinary += [*posted(data), *written(data)]
    rows = tweets(data / "abuse_tweets.csv")
    return [train(Recipe("abuse", source, insulting, rows, [(ordinary, 1.0)], few_wrong(0.006), 0.5, 5))]


def sentiment(data: Path) -> list[dict[str, Any]]:
    """`positive` and `negative`: two models, the surer of which is the label when it is sure enough. And `lexicon`."""
    folder = data / "sentiment"
    source = "Hutto & Gilbert (2014), VADER, MIT"
    write("lexicon", source, 0.0, 0.5, lexicon(folder / "vader_lexicon.txt"), sure=0.5)
    rows = rated(folder)
    bags = [sentiment_features(text) for text, *_ in rows]
    known = [place for place, (text, *_) in enumerate(rows) if not held_out(text)]
    asked = [place for place, (text, *_) in enumerate(rows) if held_out(text)]
    scores: list[list[float]] = []
    for name, sign in (("positive", 1), ("negative", -1)):
        labels = [int(mean * sign > NEUTRAL) for _, mean, _ in rows]
        vectorizer, learner = fit(
            [bags[one] for one in known], [labels[one] for one in known], [1.0] * len(known), 0.3, 3
        )
        matrix = narrow(vectorizer.transform([dict.fromkeys(bags[one], 1.0) for one in asked]))
        scores.append([float(pair[1]) for pair in learner.predict_proba(matrix)])
        vectorizer, learner = fit(bags, labels, [1.0] * len(bags), 0.3, 3)
        weights = dict(zip(vectorizer.get_feature_names_out(), learner.coef_[0], strict=True))
        write(name, source, float(learner.intercept_[0]), 0.5, weights, sure=0.5)
    said = [label(good, bad, 0.5, 0.5) for good, bad in zip(*scores, strict=True)]
    results = []
    for part in [*sorted({name for *_, name in rows}), "all"]:
        kept = [
            (mood(rows[one][1]), heard) for one, heard in zip(asked, said, strict=True) if part in (rows[one][2], "all")
        ]
        reached = macro([truth for truth, _ in kept], [heard for _, heard in kept])
        results.append({"model": "sentiment", "of": part, "texts": len(kept), "macro_f1": reached})
    return results


def rated(folder: Path) -> list[tuple[str, float, str]]:
    """(text, mean rating -4 … 4, where it is from)."""
    rows = []
    for path in sorted(folder.glob("*_GroundTruth.txt")):
        for line in path.read_text(encoding="utf8", errors="replace").splitlines():
            _, mean, text = line.split("\t", 2)
            rows.append((text, float(mean), path.name))
    return rows


def lexicon(path: Path) -> dict[str, float]:
    """Rated words, as far as they are words a text is read into."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf8").splitlines())
    return {
        word: float(value) for word, value, *_ in rows if word.replace("'", "").isalpha() or word in (":)", ":(", ":d")
    }


def mood(mean: float) -> str:
    """The label of a mean rating."""
    return "positive" if mean > NEUTRAL else "negative" if mean < -NEUTRAL else "neutral"


def macro(truth: list[str], said: list[str]) -> float:
    """F1, each label counting alike."""
    return round(float(f1_score(truth, said, average="macro")), 4)


NEUTRAL = 0.5
"""A mean rating (-4 … 4) nearer to zero than this is neutral."""


def main() -> None:
    """Train what there is data for."""
    parser = argparse.ArgumentParser(prog="train_moderation", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=["spam", "bulk", "abuse", "sentiment"], help="train this alone")
    asked = parser.parse_args()
    data = asked.data
    steps = (("smishing.csv", spam), ("spamassassin", bulk), ("abuse_tweets.csv", abuse), ("sentiment", sentiment))
    for needed, step in steps:
        if asked.only not in (None, step.__name__):
            continue
        if (data / needed).exists():
            for result in step(data):
                sys.stdout.write(json.dumps(result) + "\n")
                sys.stdout.flush()
        else:
            sys.stderr.write(f"no {needed} in {data}: its models are left as they are\n")


if __name__ == "__main__":
    main()
