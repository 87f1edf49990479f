"""What the worst searches cost, against ordinary ones: questions of 1,000 characters made up to exhaust a search."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from statistics import median

from bench import sets
from bench.indexes import Bench, sample_library
from bench.report import Figure, publish
from bench.synthetic import synthetic_index
from kb.library import Library
from kb.search.query import MAX_QUERY_CHARS

CHUNKS = 10_000
ORDINARY = 40  # questions
TIMES = 10  # an ordinary one: more lets a few people slow down everybody
SLOWEST = 5  # shown
_KANA, _KANJI = (
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろ",
    "価格導入競合製品担当現場機能運用",
)


def searches() -> Mapping[str, str]:
    """Return name → question, each as long as a question may be."""
    chance = random.Random(1)

    def some(letters: str, least: int, most: int) -> str:
        return "".join(chance.choices(letters, k=chance.randint(least, most)))

    latin, words = "abcdefghijklmnopqrstuvwxyz", [word for one in sets.judgements() for word in one.text.split()]
    shuffled = chance.sample(words, len(words))
    pieces = {
        "one sign": "ー", "one letter": "a", "one kana": "あ", "one kanji": "価", "digits": "1", "full stops": ". ",
        "ligatures": "\ufdfa", "combining marks": "か\u0301", "surrogates": "\U0001f469\u200d", "half-width kana": "ｶﾞ",
        "full-width letters": "ＡＢ ", "quotation marks": '"', "open brackets": "「", "minus signs": "-", "stars": "* ",
        "quotations": '"価格 が" ', "left out": "-価格 ", "near": "NEAR(価格 導入) ", "columns": "terms:価格 AND ",
        "frequent words": "の 価格 導入 商談 ", "joined frequent words": "価格の導入と商談で", "patterns": "(a+)+$ ",
        "mixed scripts": "kaかク価 ", "romaji": "kakakugatakai ", "hiragana": "かかくがたかいといわれた ",
    }  # fmt: skip
    made = {
        "rare words": " ".join(some(latin, 4, 9) for _ in range(200)),
        "slips": " ".join(word[:-2] + some(latin, 1, 1) + word[-1:] for word in shuffled),
        "half-typed words": " ".join(word[: max(2, len(word) // 2)] for word in shuffled),
        "kana by the hundred": " ".join(some(_KANA, 3, 6) for _ in range(250)),
        "kana without spaces": some(_KANA, 1_000, 1_000),
        "kanji in wrong order": " ".join(some(_KANJI, 2, 4) for _ in range(350)),
        "kanji without spaces": some(_KANJI, 1_000, 1_000),
        "all words of all questions": " ".join(shuffled),
        "quoted words": " ".join(f'"{word}"' for word in shuffled),
        "minus words": " ".join(f"-{word}" for word in shuffled),
        "kana and letters": " ".join(some(_KANA + latin, 4, 8) for _ in range(200)),
        "codes": " ".join(some("ABC0123456789-", 6, 9) for _ in range(150)),
    }
    repeated = {name: piece * (MAX_QUERY_CHARS // len(piece)) for name, piece in pieces.items()}
    return {name: text[:MAX_QUERY_CHARS] for name, text in (repeated | made).items()}


def measure_searches(bench: Bench) -> None:
    """Measure the processor time of each, over the sample entries and over many more."""
    figures = []
    for base in ("sample", synthetic_index(bench, CHUNKS)):
        library = sample_library(bench) if base == "sample" else bench.library(base)
        figures += _figures(base, library)
        library.close()
    publish(bench.console, bench.folder, "hostile searches", figures)


def _figures(base: str, library: Library) -> list[Figure]:
    questions = [one.text for one in sets.judgements()[: 2 * ORDINARY]]
    for text in questions[ORDINARY:]:
        _seconds(library, text)  # loads the model and what is read once
    usual = median(_seconds(library, text) for text in questions[:ORDINARY])
    taken = {name: _seconds(library, text) for name, text in searches().items()}
    slowest = sorted(taken, key=lambda name: -taken[name])[:SLOWEST]
    figures = [
        Figure(f"{base}: an ordinary search", usual * 1_000, "ms", note=f"median of {ORDINARY}"),
        Figure(f"{base}: one made up to be costly", median(taken.values()) * 1_000, "ms", note=f"of {len(taken)}"),
    ]
    return figures + [
        Figure(f"{base}: {name}", taken[name] / usual, "times", "<=", TIMES, f"{taken[name] * 1_000:.0f} ms")
        for name in slowest
    ]


def _seconds(library: Library, text: str) -> float:
    """Return the processor time of the process for one search as the page asks for it."""
    before = time.process_time()
    library.search.answer(text, explain=True, quote=True)
    return time.process_time() - before
