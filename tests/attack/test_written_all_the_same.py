"""Once a file is written, nothing that fails afterwards makes an error of the save."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from app.services import Services, open_services
from app.settings import Settings
from kb.index.embedding import Vectors
from tests.postgresql import RunningPostgres
from tests.viewing import viewer
from tests.words import WordEmbedder, note, write

NEW = note("青葉精工", "新しい話をここに書いた。")


class _Panic(BaseException):
    """What a library written in another language raises."""


class _Panicking(WordEmbedder):
    """A model whose library breaks down while it embeds passages."""

    is_broken = False

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if self.is_broken:
            raise _Panic
        return super().embed_passages(texts)


def _opened(place: Path, model: WordEmbedder, **engines: str) -> Services:
    write(place, "entries/notes/first.md", note("最初", "最初の話。"))
    write(place, "entries/notes/hidden.md", note("隠した話", "隠した。", visibility="sales"))
    services = open_services(Settings(entries=place / "entries", data=place / "var", **engines), model)  # type: ignore[arg-type]
    services.intake.index_files()
    return services


def test_a_panic_while_texts_are_embedded_ahead_of_others_is_no_failed_save(
    tmp_path: Path, postgres: RunningPostgres
) -> None:
    model = _Panicking()
    with closing(_opened(tmp_path, model, database_url=postgres.empty())) as services:
        model.is_broken = True
        saved = services.store.create(NEW)
        assert (tmp_path / "entries" / saved.path).read_text("utf-8") == NEW
        model.is_broken = False
        services.intake.retry()
        assert saved.id in services.library.entries.ids() and not services.intake.waiting


def test_damage_to_what_the_author_sees_is_no_failed_save(tmp_path: Path) -> None:
    with closing(_opened(tmp_path, WordEmbedder())) as services:
        seen = services.seen_by(viewer("marketing"))
        for file in (tmp_path / "var/index").rglob("views/**/*.sqlite*"):
            file.write_bytes(b"x" * file.stat().st_size)
        saved = seen.store.create(NEW)
        assert not saved.is_findable
        assert (tmp_path / "entries" / saved.path).read_text("utf-8") == NEW
        assert saved.id in services.library.entries.ids()
