"""The tokenizer of a model folder: writing it for the bundled model, and counting tokens with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>")  # by number; found in a text before it is normalised


def token_counter(folder: Path) -> Callable[[str], int] | None:
    """Return a function that counts the tokens of a text; loads only the tokenizer, no weights."""
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json"
    if not file.is_file():
        return None
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False))


def normalizer(replacements: dict[str, str]) -> Any:
    """Return what a text goes through before it is cut; `replacements` are those NFKC lacks."""
    from tokenizers import Regex, normalizers

    targets = sorted(set(replacements.values()))
    steps: list[Any] = [normalizers.Replace(Regex(_any_of(replacements, new)), new) for new in targets]
    return normalizers.Sequence([*steps, normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])


def save_tokenizer(pieces: list[str], scores: list[float], replacements: dict[str, str], folder: Path) -> None:
    """Write the tokenizer of a model folder."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=SPECIAL_TOKENS.index("<unk>")))
    tokenizer.normalizer = normalizer(replacements)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace("▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIAL_TOKENS])
    tokenizer.save(str(folder / "tokenizer.json"))


def _any_of(replacements: dict[str, str], new: str) -> str:
    """Return one pattern for all characters replaced by `new`: one pass over a text instead of one per character."""
    return "[" + "".join(f"\\x{{{ord(old):x}}}" for old, to in sorted(replacements.items()) if to == new) + "]"
