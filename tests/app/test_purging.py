"""``inkwright purge``: what was planted in a work is afterwards in no byte of the library."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from inkwright.app.services.purge import purge_work
from inkwright.memory.errors import WorkBusy, WorkNotFound
from inkwright.memory.retrieval.vector_index import ChromaIndex
from inkwright.memory.store import journal, schema, sources, works
from inkwright.memory.store.library import Library
from inkwright.memory.user_work import user_drafts
from tests.app.conftest import Cli
from tests.simserver.process import SimServer

PLANTS = {
    name: f"zq{name}xv"
    for name in (
        "request", "title", "chapter", "section", "purpose", "point", "subject", "alias", "entry",
        "constraint", "style", "source", "fact", "person", "audience",
    )
}  # fmt: skip
KEY = "sk-zqkeyxv"


def brief(plants: dict[str, str]) -> str:
    filler = " ".join(f"The tide of day {n} came in and went out again." for n in range(1500))
    return json.dumps(
        {
            "request": f"Write about the tides, {plants['request']}. {filler} {plants['source']}.",
            "title": f"Tides {plants['title']}",
            "audience": plants["audience"],
            "style": plants["style"],
            "continuity": "strict",
            "constraints": [f"Be {plants['constraint']}"],
            "memory": [
                {
                    "subject": plants["subject"],
                    "aliases": [plants["alias"]],
                    "statement": plants["entry"],
                }
            ],
            "outline": [
                {
                    "title": plants["chapter"],
                    "sections": [
                        {
                            "title": f"Pier {plants['section']} {n}",
                            "purpose": plants["purpose"],
                            "key_points": [plants["point"]],
                            "subjects": ["Mara"],
                            "words": 60,
                        }
                        for n in (1, 2)
                    ],
                }
            ],
        }
    )


def written(cli: Cli, library: Library, model: SimServer, plants: dict[str, str], out: str) -> str:
    """Write a work with ``plants`` in every place that takes words; return its id."""
    Path(f"{out}.json").write_text(brief(plants))
    model.configure(
        facts=[{"section": "s1", "subject": "Mara", "attribute": "trade", "value": plants["fact"]}]
    )
    before = {w.id for w in works.list_works(library)}
    result = cli("write", f"{out}.json", "--out", out, "--yes")
    assert result.exit_code in (0, 4), result.stderr
    (work,) = {w.id for w in works.list_works(library)} - before
    with works.hold_lease(library, work) as lease:
        user_drafts.save_text(library, lease, "s2", f"Mine: {plants['person']}.")
    assert cli("settle", work, "--out", out).exit_code in (0, 4)
    return work


def holding(home: Path, words: list[str]) -> set[tuple[str, str]]:
    """Return which files hold which of ``words``, in any case."""
    found = set()
    for file in home.rglob("*"):
        if file.is_file():
            content = file.read_bytes().lower()
            found |= {(file.name, w) for w in words if w.lower().encode() in content}
    return found


def fingerprints(work: str) -> list[str]:
    return [work, hashlib.sha256(work.encode()).hexdigest()[:16]]


def test_what_was_planted_is_in_no_byte_afterwards_and_other_works_stay(
    cli: Cli, library: Library, model: SimServer, home: Path, monkeypatch
):
    monkeypatch.setenv("INKWRIGHT_EMBEDDER_MODEL", model.config.embedding_model)
    monkeypatch.setenv("INKWRIGHT_API_KEY", KEY)
    others = {name: plant.replace("zq", "kw") for name, plant in PLANTS.items()}
    kept = written(cli, library, model, others, "kept")
    work = written(cli, library, model, PLANTS, "gone")
    assert sources.load_sources(library, work), "the request is long enough to become a source"
    copy = home / f"library.before-{schema.REVISION}.db"
    with closing(sqlite3.connect(home / "library.db")) as db, closing(sqlite3.connect(copy)) as new:
        db.backup(new)
    left = Path("gone/.manuscript.md.abcd_123")
    left.write_text(PLANTS["fact"])

    words = [*PLANTS.values(), *fingerprints(work)]
    assert {w for _, w in holding(home, words)} == set(words), "each was planted"
    assert holding(home, [KEY]) == set()
    piece = Path("kept/manuscript.md").read_bytes()
    calls = journal.load_calls(library, kept)

    assert cli("purge", work, "--yes").exit_code == 0

    assert holding(home, words) == set()
    assert not left.exists()
    assert PLANTS["fact"] in Path("gone/manuscript.md").read_text(), "output folders are theirs"
    assert [w.id for w in works.list_works(library)] == [kept]
    assert journal.load_calls(library, kept) == calls
    assert {w for f, w in holding(home, list(others.values())) if f == copy.name} == set(
        others.values()
    )
    with closing(sqlite3.connect(home / "library.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    model.reset_log()
    assert cli("resume", kept, "--out", "kept").exit_code in (0, 4)
    assert model.calls(kind="chat") == []
    assert Path("kept/manuscript.md").read_bytes() == piece
    with pytest.raises(WorkNotFound):
        purge_work(library, work)


def test_an_imported_manuscript_is_purged_too(cli: Cli, library: Library, home: Path):
    Path("book.md").write_text(
        "---\nby: zqfrontxv\n---\n# zqheadxv\n\nzqbodyxv e\u0301\r\n\n## b\n"
    )
    assert cli("import", "book.md", "--title", "zqtitlexv").exit_code == 0
    (work,) = works.list_works(library)
    words = ["zqfrontxv", "zqheadxv", "zqbodyxv", "zqtitlexv", work.id]
    assert {w for _, w in holding(home, words)} == set(words)
    assert cli("purge", work.id, "--yes").exit_code == 0
    assert holding(home, words) == set()


def test_a_copy_that_cannot_be_read_is_removed(cli: Cli, library: Library, home: Path):
    Path("book.md").write_text("zqbodyxv\n")
    cli("import", "book.md")
    (work,) = works.list_works(library)
    damaged = home / f"library.before-{schema.REVISION}.db"
    damaged.write_bytes(b"zqbodyxv" * 1000)
    assert cli("purge", work.id, "--yes").exit_code == 0
    assert not damaged.exists()


def test_a_reader_of_the_library_is_named_as_keeping_bytes_in_its_log(
    cli: Cli, library: Library, home: Path, monkeypatch
):
    monkeypatch.setattr("inkwright.memory.store.database.BUSY_TIMEOUT_S", 0.2)
    Path("book.md").write_text("zqbodyxv\n")
    cli("import", "book.md")
    (work,) = works.list_works(library)
    library.close()
    with closing(sqlite3.connect(home / "library.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM works").fetchone()
        result = cli("purge", work.id, "--yes")
    assert result.exit_code == 0
    assert "another process has the library open" in result.stdout
    cli("status")
    with Library.open(home).read():
        pass
    assert [f for f, _ in holding(home, ["zqbodyxv"]) if f == "library.db"] == []


def test_a_work_that_is_being_written_is_not_purged(cli: Cli, library: Library):
    Path("book.md").write_text("words\n")
    cli("import", "book.md")
    (work,) = works.list_works(library)
    with works.hold_lease(library, work.id), pytest.raises(WorkBusy):
        purge_work(library, work.id)
    assert [w.id for w in works.list_works(library)] == [work.id]


def test_no_vector_of_a_dropped_work_stays_and_its_neighbours_do(tmp_path: Path):
    folder = tmp_path / "index"
    index = ChromaIndex(folder, "e")
    rng = np.random.default_rng(0)
    names = [f"w{n}" for n in range(400)]
    dropped, neighbour = _in_one_collection(names)
    gone = {f"s1@1#{n}": rng.normal(size=32).astype(np.float32) for n in range(1200)}
    kept = {f"s1@1#{n}": rng.normal(size=32).astype(np.float32) for n in range(30)}
    index.add(dropped, gone)
    index.add(neighbour, kept)
    near = index.find_nearest(neighbour, kept["s1@1#3"], list(kept), 5)

    index.delete_work(dropped)

    files = [f.read_bytes() for f in folder.rglob("*") if f.is_file()]
    forms = [v for raw in gone.values() for v in (raw, raw / np.linalg.norm(raw))]
    assert not any(form.astype(np.float32).tobytes()[:16] in f for form in forms for f in files)
    assert index.find_nearest(neighbour, kept["s1@1#3"], list(kept), 5) == near
    assert index.find_missing(dropped, list(gone)) == list(gone)
    fresh = ChromaIndex(_copied(folder, tmp_path), "e")
    assert fresh.find_missing(neighbour, list(kept)) == []


def _in_one_collection(names: list[str]) -> tuple[str, str]:
    from inkwright.memory.retrieval.vector_index import COLLECTIONS

    def shard(name: str) -> int:
        return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % COLLECTIONS

    return names[0], next(n for n in names[1:] if shard(n) == shard(names[0]))


def _copied(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to / "copied"))
