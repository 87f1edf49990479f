"""The JSON API: its shapes, its filters, its refusals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kb.fields import FACETS, FILTERS
from kb.readers.search import MOST_TOKENS
from tests.app.conftest import FILES, MakeClient
from tests.words import count_tokens, note

ROUTES = (
    "/api/v1/search",
    "/api/v1/entries",
    "/api/v1/entries/talk-tracks/price",
    "/api/v1/entries/talk-tracks/price/similar",
    "/api/v1/problems",
    "/api/v1/playbook",
    "/healthz",
    "/readyz",
)
HIT = {
    "trust",
    *FILTERS, "id", "title", "date", "competitors", "angles",
    "url", "heading", "snippet", "highlights", "band", "score", "why", "copies",
}  # fmt: skip
OPERATORS = (
    '"', '""', "-", "- -", "a OR", "NEAR(a b", "title:a", "a*", "^a", "(", "'; DROP TABLE entries; --", "%", "_",
    "{a b}", "a AND NOT b", "\\", "🍣", "👩‍👩‍👧", "ﾊﾟ", "\u202e", "「", "-「」",
)  # fmt: skip

ANY_TEXT = st.characters(codec="utf-8", exclude_categories=["Cc"])
ANY_FILTER = st.sampled_from([*FACETS, "date_from", "sort", "limit", "offset"])


def search(client: TestClient, **params: Any) -> dict[str, Any]:
    response = client.get("/api/v1/search", params=params)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["id"] for hit in answer["hits"]]


def assert_error(response: Any, status: int, code: str) -> None:
    assert response.status_code == status
    assert set(response.json()) == {"error"}
    error = response.json()["error"]
    assert set(error) == {"code", "message", "fields"}
    assert error["code"] == code
    assert error["message"]


def test_an_answer_has_exactly_the_promised_shape(client: TestClient) -> None:
    answer = search(client, q="価格が高い")
    assert list(answer) == [
        "query",
        "total",
        "took_ms",
        "confidence",
        "hidden_by_filters",
        "corrected",
        "compared",
        "half_typed",
        "by_words",
        "hits",
        "facets",
    ]
    assert answer["query"] == "価格が高い"
    assert answer["confidence"] in ("strong", "partial", "none")
    assert list(answer["facets"]) == list(FACETS)
    for hit in answer["hits"]:
        assert set(hit) == HIT
        assert hit["url"] == f"/entries/{hit['id']}"
        assert hit["band"] in ("strong", "good", "weak")
        assert hit["why"] is None
    for counts in answer["facets"].values():
        assert all(set(count) == {"value", "label", "count"} for count in counts)


def test_a_hit_tells_what_the_front_matter_says(client: TestClient) -> None:
    hit = next(hit for hit in search(client, q="価格が高い")["hits"] if hit["id"] == "talk-tracks/price")
    assert hit["kind"] == "talk-track"
    assert hit["team"] == "sales"
    assert hit["outcome"] is None
    assert hit["date"] == "2026-08-20"
    assert hit["industry"] == ["製造業", "食品"] and hit["product"] == []
    assert hit["competitor"] == hit["competitors"] == ["タスキナ"]
    assert hit["angle"] == hit["angles"] == ["total-cost"]
    assert hit["language"] == "ja"
    assert hit["heading"] == "話す一文"


def test_highlights_mark_words_of_the_question_inside_the_snippet(client: TestClient) -> None:
    hit = next(hit for hit in search(client, q="価格が高い")["hits"] if hit["id"] == "talk-tracks/price")
    marked = [hit["snippet"][start:end] for start, end in hit["highlights"]]
    assert "価格" in marked
    assert all(marked)


@pytest.mark.parametrize("route", ROUTES)
def test_an_unknown_parameter_is_refused_on_every_route(client: TestClient, route: str) -> None:
    response = client.get(route, params={"limt": "3"})
    assert_error(response, 422, "invalid_request")
    assert response.json()["error"]["fields"] == [{"name": "limt", "message": "Unknown parameter."}]


@pytest.mark.parametrize(
    "params",
    [{"limit": "0"}, {"limit": "101"}, {"limit": "many"}, {"offset": "-1"}, {"offset": "10001"}, {"sort": "best"},
     {"date_from": "2026-02-30"}, {"explain": "perhaps"}, {"tag": "x" * 201}],
)  # fmt: skip
def test_a_parameter_out_of_range_is_refused_by_its_name(client: TestClient, params: dict[str, str]) -> None:
    response = client.get("/api/v1/search", params=params)
    assert_error(response, 422, "invalid_request")
    assert response.json()["error"]["fields"][0]["name"].startswith(next(iter(params)))


@pytest.mark.parametrize(
    ("route", "status", "code"),
    [("/api/v1/search?kind=deel", 422, "bad_filter"), ("/api/v1/search?outcome=wonn&q=a", 422, "bad_filter"),
     ("/api/v1/entries/deals/none", 404, "entry_not_found"), ("/api/v1/entries/none/similar", 404, "entry_not_found"),
     ("/api/v1/nothing", 404, "not_found")],
)  # fmt: skip
def test_errors_have_one_shape(client: TestClient, route: str, status: int, code: str) -> None:
    assert_error(client.get(route), status, code)


def test_writing_is_refused_in_the_same_shape(client: TestClient) -> None:
    assert_error(client.post("/api/v1/search"), 405, "method_not_allowed")


def test_values_of_one_filter_are_alternatives_and_filters_must_all_hold(client: TestClient) -> None:
    both = search(client, outcome=["won", "lost"])
    assert set(ids(both)) == {"deals/aoba", "deals/sumire"}
    assert ids(search(client, outcome=["won", "lost"], industry="製造業")) == ["deals/aoba"]


def test_a_filter_takes_any_spelling_of_the_playbook(client: TestClient) -> None:
    found = [ids(search(client, angle=spelling)) for spelling in ("total-cost", "総保有コスト", "TCO", "Total cost")]
    assert found == [["talk-tracks/price"]] * 4


def test_hits_outside_the_filters_are_counted_as_hidden(client: TestClient) -> None:
    everything, narrowed = search(client, q="価格が高い"), search(client, q="価格が高い", outcome="lost")
    assert set(ids(narrowed)) == {"deals/sumire"}
    assert everything["hidden_by_filters"] == 0
    assert narrowed["hidden_by_filters"] == everything["total"] - 1


def test_a_filtered_facet_counts_what_its_other_values_would_give(client: TestClient) -> None:
    outcomes = search(client, outcome="lost")["facets"]["outcome"]
    assert {count["value"]: count["count"] for count in outcomes} == {"won": 1, "lost": 1}


def test_labels_speak_the_language_asked_for(client: TestClient) -> None:
    labels = {}
    for language in ("ja", "en"):
        answer = client.get("/api/v1/search?outcome=won", headers={"accept-language": language}).json()
        labels[language] = next(c["label"] for c in answer["facets"]["outcome"] if c["value"] == "won")
    assert labels == {"ja": "受注", "en": "Won"}


def test_days_are_inclusive_on_both_ends(client: TestClient) -> None:
    assert ids(search(client, date_from="2026-03-27", date_to="2026-03-27")) == ["deals/aoba"]
    assert ids(search(client, date_from="2026-03-28", date_to="2026-03-27")) == []


def test_without_words_entries_are_listed_newest_first(client: TestClient) -> None:
    listed = client.get("/api/v1/entries").json()
    dates = [hit["date"] or "" for hit in listed["hits"]]
    assert dates == sorted(dates, reverse=True)
    assert ids(listed) == ids(search(client))


def test_pages_follow_each_other_without_gap_or_repeat(client: TestClient) -> None:
    whole = ids(search(client, q="価格が高い"))
    pages = [ids(search(client, q="価格が高い", limit=2, offset=at)) for at in range(0, len(whole), 2)]
    assert [entry for page in pages for entry in page] == whole


def test_newest_sorts_what_was_found(client: TestClient) -> None:
    dates = [hit["date"] or "" for hit in search(client, q="価格が高い", sort="newest")["hits"]]
    assert dates == sorted(dates, reverse=True)


def test_an_explanation_has_its_ranks_and_bounded_adjustments(client: TestClient) -> None:
    hits = search(client, q="青葉精工 価格が高い", explain="true")["hits"]
    seen = {}
    for hit in hits:
        assert set(hit["why"]) == {
            "keyword_rank", "keyword_score", "keyword_terms", "other_spellings", "meaning_rank", "similarity",
            "title_similarity", "sentence_similarity", "language_balance", "exact_name", "adjustments",
        }  # fmt: skip
        factors = [adjustment["factor"] for adjustment in hit["why"]["adjustments"]]
        assert all(0.85 <= factor <= 1.15 for factor in factors)
        seen[hit["id"]] = [adjustment["name"] for adjustment in hit["why"]["adjustments"]]
    assert seen["talk-tracks/price"] == ["verified"]
    assert seen["talk-tracks/old-price"] == ["superseded"]
    assert seen["deals/aoba"] == ["name_in_question"]


@pytest.mark.parametrize("name", ["D-0108", "d-0108", "青葉精工", "deals/aoba"])
def test_an_exact_name_comes_first(client: TestClient, name: str) -> None:
    answer = search(client, q=name)
    assert ids(answer)[0] == "deals/aoba"
    assert answer["confidence"] == "strong"


def test_phrases_must_stand_and_excluded_words_must_not(client: TestClient) -> None:
    assert ids(search(client, q='"値引きで競り負けた"')) == ["deals/sumire"]
    assert "deals/sumire" not in ids(search(client, q="価格が高い -競り負けた"))


def test_drafts_are_in_no_answer_but_keep_their_address(client: TestClient) -> None:
    assert "notes/draft" not in ids(search(client, q="価格の下書き"))
    assert "notes/draft" not in ids(search(client))
    assert client.get("/api/v1/entries/notes/draft").json()["status"] == "draft"


def test_an_entry_has_its_text_and_what_only_its_kind_has(client: TestClient) -> None:
    entry = client.get("/api/v1/entries/deals/aoba").json()
    assert entry["body"].startswith("## 決め手")
    assert entry["outcome"] == "won"
    assert entry["customer"] == "青葉精工"
    assert entry["used"] == ["talk-tracks/price"]
    assert not {"deal", "talk_track", "persona", "channel"} & set(entry)


def test_similar_entries_are_others(client: TestClient) -> None:
    hits = client.get("/api/v1/entries/talk-tracks/price/similar", params={"limit": 2}).json()
    assert len(hits) == 2
    assert all(set(hit) == HIT and hit["id"] != "talk-tracks/price" for hit in hits)


def test_problems_name_file_and_line(client: TestClient) -> None:
    problems = client.get("/api/v1/problems").json()
    assert [(p["path"], p["line"]) for p in problems] == [("deals/secret.md", 3)]
    assert "Did you mean 'won'?" in problems[0]["message"]


def test_the_playbook_comes_with_its_labels(client: TestClient) -> None:
    angle = {"key": "total-cost", "ja": "総保有コスト", "en": "Total cost", "aliases": ["TCO"]}
    assert client.get("/api/v1/playbook").json()["angles"] == [angle]


def test_a_query_of_ten_thousand_characters_is_refused_with_advice(client: TestClient) -> None:
    response = client.get("/api/v1/search", params={"q": "a" * 10_000})
    assert_error(response, 422, "query_too_long")
    assert "Shorten" in response.json()["error"]["message"]


@pytest.mark.parametrize("text", OPERATORS)
def test_operators_and_odd_characters_are_words_like_others(client: TestClient, text: str) -> None:
    for query in (text, f"価格 {text}", f"{text}価格{text}"):
        search(client, q=query, explain="true")


def test_a_path_out_of_the_folder_leads_nowhere(client: TestClient) -> None:
    assert_error(client.get("/api/v1/entries/..%2F..%2Fetc"), 404, "entry_not_found")


def test_marks_nobody_sees_are_taken_out_of_the_question(client: TestClient) -> None:
    assert search(client, q="価格\u200b\u202e 高い\r\n")["query"] == "価格 高い"


@given(st.text(ANY_TEXT, max_size=60))
def test_whatever_people_type_is_a_question(client: TestClient, text: str) -> None:
    answer = search(client, q=text, explain="true")
    for hit in answer["hits"]:
        assert all(0 <= start < end <= len(hit["snippet"]) for start, end in hit["highlights"])


@given(st.dictionaries(ANY_FILTER, st.text(ANY_TEXT, max_size=20)))
def test_whatever_is_filtered_by_is_answered_or_refused(client: TestClient, params: dict[str, str]) -> None:
    assert client.get("/api/v1/search", params={"q": "価格", **params}).status_code in (200, 422)


@pytest.fixture(scope="module")
def narrow(make_client: MakeClient) -> TestClient:
    linking = note("開いた記録", related="[deals/secrets]")
    return make_client({**FILES, "open.md": linking}, visibility="all,marketing")


class TestHidden:
    """An entry for sales on a server that shows what is for all and for marketing."""

    def test_it_is_found_where_it_may_be(self, client: TestClient) -> None:
        assert ids(search(client, q="極秘値引きの商談"))[0] == "deals/secret"

    @pytest.mark.parametrize("query", ["極秘値引きの商談", "極秘商事", '"極秘の話"', "", "価格 -高い", "deals/secret"])
    def test_it_is_in_no_answer_and_no_facet(self, narrow: TestClient, query: str) -> None:
        for filters in ({}, {"kind": "deal"}, {"tag": "極秘"}):
            answer = search(narrow, q=query, **filters)
            assert "deals/secret" not in ids(answer)
            assert all(c["count"] == 0 for c in answer["facets"]["tag"] if c["value"] == "極秘")
            assert answer["total"] + answer["hidden_by_filters"] <= 6

    def test_it_has_no_address(self, narrow: TestClient) -> None:
        assert_error(narrow.get("/api/v1/entries/deals/secret"), 404, "entry_not_found")
        assert_error(narrow.get("/api/v1/entries/deals/secret/similar"), 404, "entry_not_found")

    def test_it_is_similar_to_nothing(self, narrow: TestClient) -> None:
        hits = narrow.get("/api/v1/entries/talk-tracks/price/similar", params={"limit": 50}).json()
        assert hits
        assert "deals/secret" not in [hit["id"] for hit in hits]

    def test_no_problem_names_it(self, narrow: TestClient) -> None:
        assert "deals/secret" not in narrow.get("/api/v1/problems").text.replace("deals/secrets", "")


@pytest.mark.parametrize(
    ("customer", "name"),
    [
        ("株式会社みどり精機", "みどり精機"),
        ("(有)みどり", "みどり"),
        ("Aster Parts (Thailand)", "Aster Parts"),
        ("Aster Co., Ltd.", "aster"),
    ],
)
def test_a_customer_is_found_by_the_name_people_use(make_client: MakeClient, customer: str, name: str) -> None:
    deal = note("別の題の商談", kind="deal", outcome="won", customer=f'"{customer}"')
    found = search(make_client({**FILES, "deals/midori.md": deal}), q=name, explain="true")
    assert found["hits"][0]["id"] == "deals/midori"
    assert found["hits"][0]["why"]["exact_name"]
    assert found["confidence"] == "strong"


def test_of_a_long_question_the_beginning_is_compared_by_meaning_and_every_word_looked_up(client: TestClient) -> None:
    asked = "値引きの相談をされた。" * 40 + "タスキナ"
    answer = search(client, q=asked, explain=True)
    assert asked.startswith(answer["compared"])
    assert count_tokens(answer["compared"]) == MOST_TOKENS
    assert any("タスキナ" in hit["why"]["keyword_terms"] for hit in answer["hits"])
    same = search(client, q=answer["compared"], explain=True)
    assert {h["id"]: h["why"]["similarity"] for h in same["hits"]} == {
        h["id"]: h["why"]["similarity"] for h in answer["hits"]
    }
    assert answer["compared"][-20:] in client.get("/", params={"q": asked}).text


def test_an_ordinary_question_is_compared_as_a_whole(client: TestClient) -> None:
    assert search(client, q="価格が高いと言われたときにどう返すか")["compared"] == ""
