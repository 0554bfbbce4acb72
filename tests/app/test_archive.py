"""An archive brings all of a work back; what no export makes is refused, and leaves nothing."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import inkwright
from inkwright.app.export import archive, archive_import
from inkwright.memory.changes import contradictions, staleness
from inkwright.memory.changes.staleness import Change, build_stamp
from inkwright.memory.domain.entry import Span
from inkwright.memory.domain.purpose import format_purpose
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, journal, ledger, plans, schema
from inkwright.memory.store import works as all_works
from inkwright.memory.store.library import Library
from inkwright.memory.user_work import locks
from tests.app.conftest import Cli
from tests.builders import built, fact, outline, sections
from tests.simserver.process import SimServer

Parts = dict[str, bytes]


@pytest.fixture
def work(library: Library) -> str:
    return lamp(library)


def lamp(library: Library) -> str:
    """Make a work with versions, a lock, memory with a change, stale sections and a finding."""
    with built(library, "A story of a lamp.", title="The Lamp") as made:
        mara = fact("plan.1", "Mara", "keeps the lamp.")
        made.plan(outline(*sections("s1", "s2", "s3")), entries=[mara])
        seen = Span(section="s1", draft=1, start=0, end=4)
        oil = fact("s1.1", "Oil", "burns.", span=seen)
        made.draft("s1", "Mara lit the lamp.", entries=[oil], shown={"plan.1": 1})
        made.draft("s2", "灯塔 was dark.", visible_drafts={"s1": 1}, shown={"plan.1": 1, "s1.1": 1})
        made.patch("s1", "Mara lit the old lamp.")
        locks.lock_words(library, made.lease, "s1", "old lamp")
        newer = mara.model_copy(update={"version": 2, "statement": "sold it.", "origin": "person"})
        made.write(newer)
        change = Change("plan.1", newer.line, "changed", build_stamp(newer))
        contradictions.store_findings(library, made.lease, "s1", [(change, "Mara lit")])
        return made.work


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library with that work in it, for all tests that must not change it."""
    opened = Library.open(tmp_path_factory.mktemp("full"))
    lamp(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def packed(full: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That work as an archive."""
    (work,) = all_works.list_works(full)
    file = tmp_path_factory.mktemp("packed") / "a.zip"
    file.write_bytes(archive.build_archive(full, work.id).content)
    return file


def all_rows(library: Library) -> dict[str, Any]:
    """Return every row there is."""
    with library.read() as db:
        return {t.name: db.execute(select(t)).all() for t in schema.metadata.sorted_tables}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Library]:
    """Another library, in which other works have taken numbers before."""
    other = Library.open(tmp_path / "elsewhere")
    with built(other, "Something else.") as made:
        made.plan(outline(*sections("s1")), entries=[fact("plan.1", "X")])
        made.draft(
            "s1", entries=[fact("s1.1", "Y", span=Span(section="s1", draft=1, start=0, end=1))]
        )
    yield other
    other.close()


def taken(cli: Cli, work: str, *options: str) -> Path:
    result = cli("export", work, "--format", "archive", "--out", "a.zip", *options)
    assert result.exit_code == 0, result.stderr
    return Path("a.zip")


def rows(library: Library, work: str, name: str, *without: str) -> list[dict[str, Any]]:
    """Return a work's rows of one table, less what is counted over the whole library."""
    table = schema.metadata.tables[name]
    column = table.c.id if name == "works" else table.c.work
    with library.read() as db:
        found = db.execute(select(table).where(column == work).order_by(*table.primary_key.columns))
        return [{k: v for k, v in r.items() if k not in without} for r in found.mappings()]


COUNTED = {
    "manifests": ("id",),
    "entries": ("seq",),
    "findings": ("id",),
    "sections": ("manifest",),
    "drafts": ("manifest",),
    "works": ("updated_at", "lease_fence"),
}


def test_everything_comes_back_as_it_was_under_its_own_id(
    cli: Cli, library: Library, work: str, elsewhere: Library
):
    found = archive_import.import_archive(elsewhere, taken(cli, work))
    assert (found.work, found.title, found.sections, found.unwritten) == (
        work, "The Lamp", 3, ("Title s3",),
    )  # fmt: skip
    for name in ("works", "plans", "sections", "drafts", "entries", "checks", "findings"):
        without = COUNTED.get(name, ())
        assert rows(elsewhere, work, name, *without) == rows(library, work, name, *without), name
    assert drafts.versions(elsewhere, work, "s1")[-1].held[0].why == "locked"
    assert [d.version for d in drafts.versions(elsewhere, work, "s1")] == [1, 2, 3]


def test_what_was_stale_is_stale_for_the_same_reasons(
    cli: Cli, library: Library, work: str, elsewhere: Library
):
    before = staleness.find_reasons(library, work)
    assert set(before) == {"s1", "s2"}
    archive_import.import_archive(elsewhere, taken(cli, work))
    assert staleness.find_reasons(elsewhere, work) == before
    assert [t.evidence for t in contradictions.load_findings(elsewhere, work)] == ["Mara lit"]
    assert ledger.load_entries(elsewhere, work) == ledger.load_entries(library, work)


def test_a_manuscript_comes_out_the_same(cli: Cli, library: Library, work: str, tmp_path: Path):
    cli("export", work, "--out", "before.md")
    file = taken(cli, work)
    with zipfile.ZipFile(file) as found:
        assert found.read("manuscript.md") == Path("before.md").read_bytes()
        told = json.loads(found.read("inkwright.json"))
        assert json.loads(found.read("memory.json"))["entries"]
        assert json.loads(found.read("brief.json"))["title"] == "The Lamp"
    assert (told["work"], told["journal"]) == (work, False)
    assert cli("import", file, env={"INKWRIGHT_HOME": str(tmp_path / "new")}).exit_code == 0
    result = cli("export", work, "--out", "after.md", env={"INKWRIGHT_HOME": str(tmp_path / "new")})
    assert result.exit_code == 1
    assert Path("after.md").read_bytes() == Path("before.md").read_bytes()


def test_a_second_time_it_is_another_work_beside_the_first(cli: Cli, library: Library, work: str):
    file = taken(cli, work)
    for number in (2, 3):
        result = cli("import", file)
        assert f"work: {work}.{number}" in result.stdout
        assert "is here already" in result.stdout
    assert len(all_works.list_works(library)) == 3
    assert drafts.versions(library, f"{work}.3", "s2")[0].text == "灯塔 was dark."
    cli("purge", f"{work}.2", "--yes")
    assert cli("export", f"{work}.3", "--out", "b.md").exit_code == 1


def test_the_journal_goes_along_only_when_asked_for(
    cli: Cli, library: Library, model: SimServer, elsewhere: Library
):
    Path("b.yaml").write_text(
        "request: Write about tides.\nwords: 120\ncontinuity: free\n"
        "outline:\n- {title: Ebb, purpose: What falls., words: 60}\n"
        "- {title: Flood, purpose: What rises., words: 60}\n"
    )
    assert cli("write", "b.yaml", "--yes").exit_code in (0, 4)
    work = all_works.list_works(library)[0].id
    calls = journal.load_calls(library, work)
    assert calls
    without = taken(cli, work)
    assert b"Write about tides" not in zipfile.ZipFile(without).read("tables/plans.jsonl")
    assert not [n for n in zipfile.ZipFile(without).namelist() if "journal" in n or "parts" in n]
    assert (
        journal.load_calls(elsewhere, archive_import.import_archive(elsewhere, without).work) == []
    )

    back = archive_import.import_archive(elsewhere, taken(cli, work, "--journal"))
    told = journal.load_calls(elsewhere, back.work)
    assert [c.messages for c in told] == [c.messages for c in calls]
    assert [c.label for c in told] == [c.label for c in calls]
    assert [c.answer for c in told] == [c.answer for c in calls]
    older = archive_import.import_archive(
        elsewhere, changed(taken(cli, work, "--journal"), as_before_schema_0005)
    )
    old_calls = journal.load_calls(elsewhere, older.work)
    assert [(c.purpose, c.subject, c.attempt) for c in old_calls] == [
        (c.purpose, c.subject, c.attempt) for c in calls
    ]

    file = taken(cli, work)
    cli("purge", work, "--yes")
    assert cli("import", file).exit_code == 0
    model.reset_log()
    assert cli("resume", work).exit_code in (0, 4)
    assert [c.role for c in model.calls(kind="chat") if c.role == "writer"] == []


def changed(file: Path, change: Callable[[Parts], None]) -> Path:
    """Write the archive again as ``bad.zip``, its parts changed."""
    with zipfile.ZipFile(file) as found:
        parts = {name: found.read(name) for name in found.namelist()}
    change(parts)
    with zipfile.ZipFile("bad.zip", "w", zipfile.ZIP_DEFLATED) as bad:
        for name, content in parts.items():
            bad.writestr(name, content)
    return Path("bad.zip")


def about(**told: object) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts["inkwright.json"] = json.dumps(json.loads(parts["inkwright.json"]) | told).encode()

    return change


def row(table: str, **values: object) -> Callable[[Parts], None]:
    """Change the first row of a table."""

    def change(parts: Parts) -> None:
        name = f"tables/{table}.jsonl"
        first, *more = parts[name].splitlines(keepends=True)
        told = json.loads(first) | values
        parts[name] = json.dumps(told).encode() + b"\n" + b"".join(more)

    return change


def as_before_schema_0005(parts: Parts) -> None:
    """Let calls say in one text what they are for."""
    rows = [json.loads(line) for line in parts["tables/journal.jsonl"].splitlines()]
    for told in rows:
        told["purpose"] = format_purpose(told["purpose"], told.pop("subject"), told.pop("attempt"))
    parts["tables/journal.jsonl"] = b"".join(json.dumps(r).encode() + b"\n" for r in rows)


def twice(table: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        name = f"tables/{table}.jsonl"
        parts[name] = parts[name].splitlines(keepends=True)[0] * 2

    return change


def part(name: str, content: bytes = b"x") -> Callable[[Parts], None]:
    return lambda parts: parts.update({name: content})


def lacking(name: str) -> Callable[[Parts], None]:
    return lambda parts: parts.pop(name) and None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (about(version=2), "newer Inkwright (archive 2"),
        (about(schema="9999"), "schema 9999"),
        (about(format="else"), "no archive of Inkwright's"),
        (about(version="x"), "inkwright.json in it cannot be read"),
        (part("inkwright.json", b"\xff{"), "inkwright.json in it cannot be read"),
        (lacking("inkwright.json"), "no archive of Inkwright's"),
        (part("../../evil.md"), "a part that no archive has: '../../evil.md'"),
        (part("/etc/passwd"), "a part that no archive has"),
        (part("tables\\drafts.jsonl"), "a part that no archive has"),
        (part("manuscript.md", b"\0" * 50_000_000), "would unpack to"),
        (part("tables/drafts.jsonl", b"{"), "a row of drafts"),
        (part("tables/drafts.jsonl", b"[]\n"), "a row of drafts"),
        (part("tables/drafts.jsonl", b"[" * 100_000), "a row of drafts"),
        (part("tables/works.jsonl", b""), "0 works"),
        (lacking("tables/works.jsonl"), "0 works"),
        (lacking("tables/drafts.jsonl"), "has no version"),
        (lacking("tables/manifests.jsonl"), "no manifest"),
        (lacking("tables/sections.jsonl"), "is planned, and it is not said where"),
        (twice("works"), "2 works"),
        (twice("drafts"), "two of its rows are one"),
        (twice("entries"), "not in order"),
        (row("works", id="../x"), "no work's id"),
        (row("works", brief={"request": ""}), "brief.request"),
        (row("works", brief=None), "brief"),
        (row("works", status="odd"), "status"),
        (row("works", arms={"plan": "odd"}), "a row of works"),
        (row("works", extra=1), "'extra'"),
        (row("works", pinned={"unread": 3}), "unread"),
        (row("plans", outline={"title": "T"}), "Outline"),
        (row("plans", constraints=[{"text": "x", "kind": "odd"}]), "of a plan 0.kind"),
        (row("plans", work="another-work"), "belongs to another work"),
        (row("drafts", text=3), "'text' of another kind"),
        (row("drafts", version=2**70), "'version' of another kind"),
        (row("drafts", held=[{"start": -1}]), "held"),
        (row("drafts", author="odd"), "author"),
        (row("manifests", content={}), "Manifest"),
        (row("entries", kind="odd"), "kind"),
        (row("sections", state="odd"), "state"),
    ],
)
def test_what_no_export_makes_is_one_line_and_leaves_nothing(
    packed: Path, full: Library, change: Callable[[Parts], None], said: str
):
    bad = changed(packed, change)
    before = all_rows(full)
    files = set(Path().rglob("*"))
    with pytest.raises(BadInput) as refused:
        archive_import.import_archive(full, bad)
    (line,) = str(refused.value).splitlines()
    assert line.startswith("bad.zip: ")
    assert said in line
    assert all_rows(full) == before
    assert set(Path().rglob("*")) == files


def test_rows_of_an_older_schema_get_what_later_columns_begin_with(
    cli: Cli, work: str, elsewhere: Library
):
    def older(parts: Parts) -> None:
        about(schema="0001")(parts)
        name = "tables/drafts.jsonl"
        told = [json.loads(line) for line in parts[name].splitlines()]
        for line in told:
            del line["held"]
        parts[name] = "\n".join(map(json.dumps, told)).encode()

    archive_import.import_archive(elsewhere, changed(taken(cli, work), older))
    assert drafts.versions(elsewhere, work, "s1")[0].held == ()


@pytest.mark.parametrize("cut", [0, 100, -30])
def test_a_damaged_archive_is_one_line(cli: Cli, work: str, cut: int):
    content = taken(cli, work).read_bytes()
    Path("bad.zip").write_bytes(content[:cut])
    result = cli("import", "bad.zip")
    assert result.exit_code == 2
    assert "bad.zip: not a .zip archive, or a damaged one" in result.stderr


def test_a_changed_byte_inside_is_seen(cli: Cli, library: Library, work: str):
    file = taken(cli, work)
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as found:
        at = found.getinfo("tables/drafts.jsonl").header_offset + 80
    content[at] ^= 0xFF
    Path("bad.zip").write_bytes(content)
    result = cli("import", "bad.zip")
    assert (result.exit_code, len(all_works.list_works(library))) == (2, 1)
    assert "the archive is damaged" in result.stderr


def test_other_people_s_zips_and_options_are_refused(cli: Cli, work: str):
    with zipfile.ZipFile("other.zip", "w") as other:
        other.writestr("book.md", "# Book")
    assert "no archive of Inkwright's" in cli("import", "other.zip").stderr
    result = cli("import", taken(cli, work), "--title", "Mine")
    assert result.exit_code == 2
    assert "brings its own title" in result.stderr


def test_two_parts_of_one_name_are_refused(cli: Cli, work: str):
    file = taken(cli, work)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(file, "a") as again:
        again.writestr("brief.json", b"{}")
    assert "some of them twice" in cli("import", file).stderr


def test_an_unplanned_work_can_be_taken_along_too(library: Library, elsewhere: Library, cli: Cli):
    from inkwright.memory.domain.brief import Brief

    work = all_works.begin(library, Brief(request="Tides."), {"plan": "full"}).id
    archive_import.import_archive(elsewhere, taken(cli, work))
    assert plans.current(elsewhere, work) is None
    assert cli("import", "a.zip").exit_code == 0


def test_the_api_brings_an_archive_back(work: str):
    file = inkwright.export(work, format="archive", out="b.zip").path
    assert inkwright.import_file(file).work == f"{work}.2"
    with pytest.raises(BadInput):
        inkwright.import_file("nowhere.zip")
