"""Question frames: what a question is wrapped in, such as 「どう返す」 and "how do I", without the subject."""

from __future__ import annotations

import re

from kb.index.analysis import fold, question_terms

_HOW = r"(?:どう|どのように|どうやって|なんて|何て|なんと|何と|どんな風に|どういう風に)"
_ACT = r"(?:やって|切り|言い)?(?:返|答え|言|話|説明|対応|対処|すれ|し|す|や|伝え)[ぁ-ん]{0,4}"
_GOOD = r"(?:いい|良い|よい|良かった|よかった|べき)"
_END = r"(?:の|ん)?(?:です|でしょう|だろう)?か?(?:ね|な|教えて(?:ください|下さい|ほしい|欲しい)?)?"
_BEFORE = r"(?:を|が|は|って|も|について|に関して|、|,){0,3}"
_JAPANESE = (
    rf"{_BEFORE}{_HOW}(?:{_ACT})?{_GOOD}?{_END}(?=[?。!\s]|$)",
    rf"{_BEFORE}(?:教えて|おしえて)(?:ください|下さい|くれ|ほしい|欲しい)?",
    rf"{_BEFORE}(?:知り|聞き|探し|見|調べ)(?:たい|てい|て)[ぁ-ん]{{0,6}}(?=[?。!\s]|$)",
    r"(?:は|が|って)?(?:ありますか|ありません?か|ないですか|ある\?|あれば)",
    r"(?:を)?(?:お願い|おねがい)(?:します|いたします|致します)?",
)
_VERB = r"(?:say|do|respond|reply|answer|handle|deal with|find|get|use|make)?"
_ENGLISH = (
    rf"^(?:how|what|where|when) (?:do|should|can|could|would|did) (?:i|we|you|one) {_VERB}\b(?: to| when| if)?",
    r"^how to (?:say|respond|reply|answer|handle|deal with)?",
    r"^(?:what|where|who|which) (?:is|are|was|were)\b(?: the)?(?: best way to)?",
    r"^(?:can|could|would) (?:you|i|we)\b(?: please)?(?: tell| show)?(?: me)?",
    r"^(?:please )?(?:tell|show|give|find|help) (?:me|us)\b(?: about| with| how to)?",
    r"^(?:i|we)(?:'d like| want| need| would like) to(?: know| see| find)?(?: about| how to)?",
    r"^(?:is there|are there|do we have|have we got)\b(?: a| any| an)?",
    r"^(?:i'?m |we'?re )?looking for\b",
    r"\b(?:please|thanks|thank you)\b",
)
_FRAMES = re.compile("|".join((*_JAPANESE, *_ENGLISH)))


def has_frame(text: str) -> bool:
    """Whether a text is put as a question or a request."""
    return bool(_FRAMES.search(fold(text)))


def subject_terms(text: str) -> tuple[str, ...]:
    """Return the distinct index terms of what a question is about; all of its terms where that leaves none."""
    subject = tuple(dict.fromkeys(question_terms(_FRAMES.sub(" ", fold(text)))))
    return subject or tuple(dict.fromkeys(question_terms(text)))
