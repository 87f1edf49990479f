"""Pictures are drawn once each, by one thread, and the latest are kept."""

from __future__ import annotations

import threading

from markupsafe import Markup

from app.charts.drawings import Drawing, FunnelBars, Picture
from app.charts.gallery import Gallery


class Hand:
    """Notes what it draws."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.threads: set[int] = set()

    def __call__(self, drawing: Drawing) -> Picture:
        """Draw."""
        self.threads.add(threading.get_ident())
        self.drawn.append(drawing.described)
        return Picture(Markup("wide"), Markup("narrow"))


def test_what_many_ask_for_at_once_is_drawn_once_by_one_thread() -> None:
    hand = Hand()
    gallery = Gallery(hand)
    askers = [threading.Thread(target=gallery.prepare, args=(FunnelBars((), name),)) for name in "abcab" * 4]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sorted(hand.drawn) == ["a", "b", "c"] and len(hand.threads) == 1
    assert threading.get_ident() not in hand.threads


def test_pictures_alike_but_for_their_words_are_two() -> None:
    gallery = Gallery(Hand())
    assert gallery.frame(FunnelBars((), "勝率")).key != gallery.frame(FunnelBars((), "Win rate")).key


def test_the_latest_are_kept_and_the_others_drawn_again() -> None:
    hand = Hand()
    gallery = Gallery(hand, most=2)
    for name in ("a", "b", "a", "c", "a", "b"):
        gallery.prepare(FunnelBars((), name))
    assert hand.drawn == ["a", "b", "c", "b"]


def test_a_frame_finds_its_picture_once_it_is_drawn() -> None:
    gallery = Gallery(Hand())
    key = gallery.frame(FunnelBars((), "a")).key
    assert gallery.find(key) == Picture(Markup("wide"), Markup("narrow")) == gallery.frame(FunnelBars((), "a")).picture
    assert gallery.find("another") is None


class Table:
    """Where two processes find each other's pictures."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, str]] = {}

    def find(self, key: str) -> tuple[str, str] | None:
        """Return what is there."""
        return self.kept.get(key)

    def keep(self, key: str, wide: str = "", narrow: str = "") -> None:
        """Keep it; what is there stays if this is only to be drawn."""
        self.kept[key] = (wide, narrow) if wide else self.kept.get(key, ("", ""))


def test_a_page_of_one_process_gets_its_picture_from_another_which_draws_nothing_anew() -> None:
    table, hand, may_draw = Table(), Hand(), threading.Event()

    def slow(drawing: Drawing) -> Picture:
        may_draw.wait()
        return hand(drawing)

    one, other = Gallery(slow, shared=table), Gallery(hand, shared=table)
    key = one.frame(FunnelBars((), "a")).key
    found: list[Picture | None] = []
    asker = threading.Thread(target=lambda: found.append(other.find(key)))
    asker.start()
    may_draw.set()
    asker.join()
    assert found == [Picture(Markup("wide"), Markup("narrow"))]
    other.prepare(FunnelBars((), "a"))
    assert hand.drawn == ["a"] and other.frame(FunnelBars((), "a")).picture == found[0]
    assert other.find("another") is None


def test_a_picture_that_nobody_draws_any_more_is_waited_for_no_longer_than_it_may_take() -> None:
    table = Table()
    table.keep("begun by a process that was killed")
    assert Gallery(Hand(), shared=table).find("begun by a process that was killed", seconds=0.1) is None
