"""Train the linear models of app/moderation from public data: `python -m scripts.train_moderation DATA`.

DATA is a folder with whatever is at hand of: `smishing.csv` (label, TEXT), `abuse_tweets.csv` (class, tweet), and in
`sentiment/` the `*_GroundTruth.txt` files of Hutto & Gilbert (2014). Needs the dependency group `training`
(`uv sync --group training`). Writes `app/moderation/weights/*.json` and prints what the models reach on the three
tenths of the texts that are held out, told apart by a hash of the text: they are neither trained nor tuned on.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import cross_val_predict

from app.moderation.abuse import PROFANITY
from app.moderation.features import features, pieces, words
from app.moderation.folding import fold
from app.moderation.sentiment import label, sentiment_features

WEIGHTS = Path(__file__).resolve().parents[1] / "app" / "moderation" / "weights"
SURE = 0.6
"""The threshold of a model for which none is asked of the data: a handful of mislabelled texts would decide it."""

Labelled = list[tuple[str, int]]


def held_out(text: str) -> bool:
    """Whether a text is among the three tenths nothing is learned from."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10 < 3


def seen(text: str) -> set[str]:
    """Features of a text as the scorer sees it."""
    return features(text, words(fold(text).text))


def with_pieces(text: str) -> set[str]:
    """As `seen`, with pieces of the words."""
    tokens = words(fold(text).text)
    return features(text, tokens) | pieces(tokens)


def clean(text: str) -> set[str]:
    """As `seen`, without words that are merely rude: profanity alone is no abuse."""
    return {name for name in seen(text) if name not in PROFANITY}


def fit(
    rows: Labelled, see: Callable[[str], set[str]], strength: float, least: int, folds: int = 5
) -> tuple[Any, Any, Any]:
    """(vectorizer, model, cross-validated scores or none) of a regression on features met `least` times."""
    counts: dict[str, int] = {}
    bags = [see(text) for text, _ in rows]
    for bag in bags:
        for name in bag:
            counts[name] = counts.get(name, 0) + 1
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform([{name: 1.0 for name in bag if counts[name] >= least} for bag in bags])
    learner = LogisticRegression(C=strength, max_iter=400, class_weight="balanced")
    labels = [label for _, label in rows]
    scores = cross_val_predict(learner, matrix, labels, cv=folds, method="predict_proba") if folds else []
    learner.fit(matrix, labels)
    return vectorizer, learner, scores


def threshold(scores: Iterable[float], labels: Iterable[int], most_wrong: float) -> float:
    """The lowest score above which at most `most_wrong` of the negatives lie."""
    wrong = sorted((score for score, label in zip(scores, labels, strict=True) if not label), reverse=True)
    return round(max(0.5, wrong[int(len(wrong) * most_wrong)] + 1e-4), 4)


def write(name: str, trained: str, bias: float, limit: float, weights: dict[str, float]) -> None:
    """One model as JSON, sorted, with what weighs next to nothing left out."""
    kept = {key: round(weight, 3) for key, weight in sorted(weights.items()) if abs(weight) >= 0.04}
    model = {"name": name, "trained": trained, "bias": round(bias, 4), "threshold": limit, "weights": kept}
    (WEIGHTS / f"{name}.json").write_text(json.dumps(model, ensure_ascii=False, indent=0) + "\n")


def told(name: str, rows: Labelled, score: Callable[[str], float], limit: float) -> dict[str, Any]:
    """Precision, recall, F1 and the share of negatives flagged."""
    flagged = [(score(text) >= limit, label) for text, label in rows]
    right = sum(1 for hit, label in flagged if hit and label)
    hits, there = sum(hit for hit, _ in flagged), sum(label for _, label in flagged)
    precision, recall = right / max(hits, 1), right / max(there, 1)
    return {
        "model": name, "texts": len(rows), "positive": there, "threshold": limit, "precision": round(precision, 4),
        "recall": round(recall, 4), "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
        "negatives_flagged": round((hits - right) / max(len(rows) - there, 1), 4),
    }  # fmt: skip


def train(  # noqa: PLR0917 - one per knob
    name: str,
    trained: str,
    rows: Labelled,
    see: Callable[[str], set[str]],
    wrong: float | None,
    strength: float = 1.0,
    least: int = 2,
    beside: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Fit, choose the threshold by cross-validation, write, and measure on what was held out."""
    from app.moderation.linear import Model

    rows = list(dict(rows).items())  # a text that is there twice would be learned in one fold and asked in another
    learned = [row for row in rows if not held_out(row[0])]
    vectorizer, learner, scores = fit(learned, see, strength, least, folds=5 if wrong is not None else 0)
    limit = SURE
    if wrong is not None:
        asked = [(pair[1], label) for pair, (text, label) in zip(scores, learned, strict=True) if text not in beside]
        limit = threshold([score for score, _ in asked], [label for _, label in asked], wrong)
    weights = dict(zip(vectorizer.get_feature_names_out(), learner.coef_[0], strict=True))
    write(name, trained, float(learner.intercept_[0]), limit, weights)
    model = json.loads((WEIGHTS / f"{name}.json").read_text())
    scorer = Model(**model)
    return told(
        name,
        [row for row in rows if held_out(row[0]) and row[0] not in beside],
        lambda text: scorer.score(see(text)),
        limit,
    )


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file; bytes that are no UTF-8 are replaced."""
    with path.open(encoding="utf8", errors="replace", newline="") as file:
        return list(csv.DictReader(file))


def spam(data: Path) -> list[dict[str, Any]]:
    """`spam`: unwanted or fraudulent against ordinary; `scam`: fraudulent against the rest."""
    rows = [(row["TEXT"], row["label"].lower()) for row in table(data / "smishing.csv")]
    ads = advertised(data / "disguised_phones.jsonl") if (data / "disguised_phones.jsonl").exists() else []
    rows += [(piece, "ham") for piece in ads]
    beside = frozenset(ads)  # learned from, but nobody looked at each: neither asked for the threshold nor measured
    source = "SMS Phishing dataset (Mendeley f45bkkt8pr, CC BY 4.0); ordinary trade: classified ads of cocoa, MIT"
    return [
        train(
            "spam",
            source,
            [(text, int(label != "ham")) for text, label in rows],
            with_pieces,
            0.0025,
            4.0,
            beside=beside,
        ),
        train(
            "scam",
            source,
            [(text, int(label == "smishing")) for text, label in rows],
            with_pieces,
            0.004,
            1.0,
            beside=beside,
        ),
    ]


def advertised(path: Path) -> list[str]:
    """Classified ads in pieces as long as a message: prices, sizes and figures that are no spam."""
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf8").splitlines()]
    pieces = []
    for text in texts:
        if not held_out(text):
            tokens = text.split()[:200]
            pieces += [" ".join(tokens[start : start + 14]) for start in range(0, len(tokens), 14)]
    return pieces


def abuse(data: Path) -> list[dict[str, Any]]:
    """`abuse`: hateful or offensive tweets against others, and against ordinary SMS where they are at hand."""
    rows = [(row["tweet"], int(row["class"] != "2")) for row in table(data / "abuse_tweets.csv")]
    if (data / "smishing.csv").exists():
        rows += [(row["TEXT"], 0) for row in table(data / "smishing.csv") if row["label"] == "ham"]
    source = (
        "Davidson et al. (2017), hate speech and offensive language, MIT; ordinary: ham of the SMS Phishing dataset"
    )
    return [train("abuse", source, rows, clean, 0.006, 0.5, 3)]


def sentiment(data: Path) -> list[dict[str, Any]]:
    """`positive` and `negative`: two models, the surer of which is the label when it is sure enough."""
    from app.moderation.linear import Model

    rows: list[tuple[str, float, str]] = []
    for path in sorted((data / "sentiment").glob("*_GroundTruth.txt")):
        for line in path.read_text(encoding="utf8", errors="replace").splitlines():
            _, mean, text = line.split("\t", 2)
            rows.append((text, float(mean), path.name))
    learned = [row for row in rows if not held_out(row[0])]
    fitted = [
        fit([(text, int(mean * sign > NEUTRAL)) for text, mean, _ in learned], sentiment_features, 0.3, 3, folds=0)
        for sign in (1, -1)
    ]
    limits = (0.5, 0.5)
    for name, limit, (vectorizer, learner, _) in zip(("positive", "negative"), limits, fitted, strict=True):
        weights = dict(zip(vectorizer.get_feature_names_out(), learner.coef_[0], strict=True))
        write(name, "Hutto & Gilbert (2014), VADER ground truth, MIT", float(learner.intercept_[0]), limit, weights)
    models = [Model(**json.loads((WEIGHTS / f"{name}.json").read_text())) for name in ("positive", "negative")]
    results = []
    for part in [*sorted({name for *_, name in rows}), "all"]:
        kept = [row for row in rows if held_out(row[0]) and part in (row[2], "all")]
        said = []
        for text, *_ in kept:
            bag = sentiment_features(text)
            said.append(label(*(one.score(bag) for one in models), *limits))
        reached = macro([mood(mean) for _, mean, _ in kept], said)
        results.append(
            {"model": "sentiment", "of": part, "texts": len(kept), "thresholds": limits, "macro_f1": reached}
        )
    return results


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
    parser.add_argument("--only", choices=["spam", "abuse", "sentiment"], help="train this alone")
    asked = parser.parse_args()
    data = asked.data
    for needed, step in (("smishing.csv", spam), ("abuse_tweets.csv", abuse), ("sentiment", sentiment)):
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
