"""Transcripts: every word that was said, under the speaker the file names, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.importers.labels import seconds
from ingest.importers.spoken import Turn, joined, to_markdown
from ingest.importers.transcript import read_transcript, read_turns
from kb.errors import RefusedTextError
from tests.ingest.test_parse import read_cases

CASES = sorted((Path(__file__).parents[2] / "cases" / "transcripts").glob("*.md"))
VTT = """\
WEBVTT - 商談
Kind: captions

NOTE 録音は同意のうえ
これは発言ではない

STYLE
::cue { color: red }

1
00:00:01.000 --> 00:00:03.000 align:start
<v 佐藤>価格が <i>A&amp;B</i> より</v>

intro-2
00:00:03.000 --> 00:00:05.000
<v 佐藤>高いと言われました。</v>

06:03.000 --> 06:05.000
<v.loud Roger Bing>Well, yes,</v>
I do.
"""
SRT = """\
1
00:00:01,000 --> 00:00:03,000
- 佐藤: はい。

2
00:00:03,000 --> 00:00:05,000
2026
年の話です
3
00:00:06,000 --> 00:00:07,000
{\\an8}そうです。
"""
MINUTES = """\
日時：2026年9月18日 10:30
参加者：佐藤、山田

佐藤：明日の10:30に
伺います。
佐藤: 資料は https://example.com/a です。
Speaker 1: Hello.
Speaker 1: World.

以上
"""


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(text.replace("→", "\t"), "\n".join(wanted), id=f"{file.stem}: {name}")
        for file in CASES
        for name, text, wanted in read_cases(file)
    ],
)
def test_each_form_is_read_as_its_case_says(given: str, wanted: str) -> None:
    try:
        converted = read_transcript("x.txt", given.encode())
    except RefusedTextError as refused:
        assert wanted.startswith("refused: ") and str(refused).startswith(wanted.removeprefix("refused: "))
        return
    notes = [note for note in converted.notes if not note.startswith("Speakers")]
    assert "\n\n".join([converted.text, *notes]) == wanted


def test_the_speakers_are_shown_and_can_be_given() -> None:
    raw = "宮内: 一点だけ。\n懸念: 納期です。\n".encode()
    assert read_transcript("x.txt", raw).notes == ("Speakers (lines): 宮内 (1), 懸念 (1).",)
    assert read_transcript("x.txt", raw, ["宮内"]).text == "**宮内**: 一点だけ。懸念: 納期です。"


def told(text: str) -> list[tuple[int | None, str, str]]:
    return [(turn.start, turn.speaker, turn.text) for section in joined(read_turns(text)) for turn in section]


def test_webvtt_has_voices_and_no_notes_styles_or_ids() -> None:
    assert told(VTT) == [(1, "佐藤", "価格が A&B より高いと言われました。"), (363, "Roger Bing", "Well, yes, I do.")]


def test_subrip_is_read_also_where_an_empty_line_is_missing() -> None:
    assert told(SRT) == [(1, "佐藤", "はい。 2026 年の話ですそうです。")]


def test_speakers_stand_before_a_colon_of_either_width() -> None:
    assert told(MINUTES) == [
        (None, "", "日時：2026年9月18日 10:30"),
        (None, "", "参加者：佐藤、山田"),
        (None, "佐藤", "明日の10:30に伺います。資料は https://example.com/a です。"),
        (None, "Speaker 1", "Hello. World."),
        (None, "", "以上"),
    ]


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("[00:01:02] 山田　価格が\n[00:01:09] 山田　高いです。", [(62, "山田", "価格が高いです。")]),
        ("[00:01:02] はい　そうです\n[00:01:09] なるほど", [(62, "", "はい　そうですなるほど")]),
        (
            "参加者 1 00:01\nこんにちは\n\n山田 太郎 01:44\n\nどうも",
            [(1, "参加者 1", "こんにちは"), (104, "山田 太郎", "どうも")],
        ),
        (
            "佐藤 [00:00:05]: はい\n山田（営業） (1:00:05)\nいいえ",
            [(5, "佐藤", "はい"), (3605, "山田（営業）", "いいえ")],
        ),
        ("00:05 佐藤: はい\n【00:09】山田：いいえ", [(5, "佐藤", "はい"), (9, "山田", "いいえ")]),
    ],
)
def test_times_stand_before_or_behind_the_speaker(text: str, turns: list[tuple[int, str, str]]) -> None:
    assert told(text) == turns


def test_captions_that_roll_are_not_said_twice() -> None:
    text = (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n価格<00:00:01.000><c>が</c>\n\n"
        "00:00:02.000 --> 00:00:02.010\n価格が\n\n"
        "00:00:02.010 --> 00:00:04.000\n価格が\n高い<00:00:03.000><c>です</c>\n"
    )
    assert told(text) == [(0, "", "価格が高いです")]


def test_a_heading_stands_every_few_minutes_and_not_in_a_sentence() -> None:
    turns = [
        Turn("一つ目。", "佐藤", 10),
        Turn("長い文が", "佐藤", 299),
        Turn("終わる。", "佐藤", 320),
        Turn("次。", "佐藤", 330),
    ]
    assert to_markdown(turns) == "## 00:00:10\n\n**佐藤**: 一つ目。長い文が終わる。\n\n## 00:05:30\n\n**佐藤**: 次。"


def test_a_sentence_without_end_does_not_hold_up_the_heading_for_ever() -> None:
    turns = [Turn("あの", "佐藤", second) for second in range(0, 1200, 10)]
    assert [section[0].start for section in joined(turns)] == [0, 360, 720, 1080]


def test_a_speech_of_a_whole_day_is_read_in_a_moment() -> None:
    text = "[00:01:02] 佐藤: 価格が高いと言われました。\n" * 60_000
    assert len(told(text)[0][2]) == 60_000 * len("価格が高いと言われました。")


def test_a_heading_tells_the_time_beyond_an_hour() -> None:
    assert to_markdown([Turn("はい", "佐藤", seconds("1:02:03.900"))]).startswith("## 01:02:03\n")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("# 番号", "\\# 番号"),
        ("1. まず", "1\\. まず"),
        ("- 3", "\\- 3"),
        ("> 引用", "\\> 引用"),
        ("a*b*c", "a\\*b\\*c"),
    ],
)
def test_what_was_said_is_never_markup(said: str, written: str) -> None:
    assert to_markdown([Turn(said, "", 0)]) == f"## 00:00:00\n\n{written}"


@pytest.mark.parametrize("raw", ["ただの文章です。\n続き。".encode(), b"\x00\x01", "日時：今日\n場所：本社\n".encode()])
def test_what_is_no_transcript_is_refused(raw: bytes) -> None:
    with pytest.raises(RefusedTextError):
        read_transcript("x.txt", raw)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    assert read_transcript("x.txt", "佐藤：こんにちは。\r\n".encode(encoding)).text == "**佐藤**: こんにちは。"


SPEAKERS = st.sampled_from(["佐藤", "山田 太郎", "Speaker 1", "A", "鈴木（営業部）"])
WORDS = (
    st.text("あいう漢字、。abc 0-9#*>", min_size=1, max_size=30)
    .map(str.strip)
    .filter(lambda said: said and not said[0].isdigit())
)


@given(st.lists(st.tuples(SPEAKERS, WORDS), min_size=1, max_size=20))
def test_no_word_is_lost_added_or_given_to_somebody_else(said: list[tuple[str, str]]) -> None:
    for colon in (": ", "：", " : "):
        turns = read_turns("\n".join(f"{speaker}{colon}{words}" for speaker, words in said))
        heard = [(turn.speaker, "".join(turn.text.split())) for turn in turns]
        assert heard == [(speaker, "".join(words.split())) for speaker, words in said]


@given(st.text("佐藤:：[]()0123 \n\t>-<v/.,あ　", max_size=200))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    to_markdown(read_turns(text))
    to_markdown(read_turns(f"00:00:01.000 --> 00:00:02.000\n{text}"))
