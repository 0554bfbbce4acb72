"""A section that leaves the outline leaves the piece; its texts stay, and come back with it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import inkwright
from inkwright.app.api.outline import WorkOutline
from inkwright.app.api.section import SectionText
from inkwright.app.services import engine
from inkwright.memory.changes import contradictions, outline_edits, staleness
from inkwright.memory.changes.outline_edits import PlanChange
from inkwright.memory.changes.staleness import Change, build_stamp
from inkwright.memory.domain.draft import Manifest, Review
from inkwright.memory.domain.outline import Heading, Outline, Section
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, ledger, plans, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.user_work import autosave, candidates, imported_drafts, locks
from inkwright.memory.user_work.candidates import SectionCandidate
from tests.app.conftest import Cli
from tests.app.test_citing import CSL, NUMBER, TITLE
from tests.app.test_importing import work_of
from tests.builders import built, fact, span
from tests.simserver.process import SimServer

SOURCES = {
    "tides.md": "# Tides of Brest\n\nThe tidal range at Brest is 7.2 metres at springs.\n",
    "port.md": "# The port in figures\n\nThe port handles 2.4 million tonnes of goods a year.\n",
}
STYLES = {
    "raised.csl": CSL.format(kind="in-text", delimiter=",", around="", citation=NUMBER),
    "notes.csl": CSL.format(kind="note", delimiter="; ", around='suffix="."', citation=TITLE),
}
TITLES = {"s1": "Tides", "s2": "Port", "s3": "End"}
MINE = "I saw the wreck myself."


def planned(cli: Cli, work: str, titles: Sequence[str]) -> str:
    """Give a work an outline of these titles, and return what is said."""
    Path("outline.json").write_text(json.dumps(list(titles)))
    result = cli("plan", work, "--outline", "outline.json")
    assert result.exit_code == 0, result.output
    return str(result.stdout)


@pytest.mark.parametrize(
    ("style", "gone"),
    [
        ("", "s2"),
        ("numeric", "s1"),
        ("author-year", "s3"),
        ("footnote", "s2"),
        ("raised.csl", "s1"),
        ("notes.csl", "s3"),
    ],
)
def test_a_piece_goes_on_without_a_section_whatever_cites_and_has_it_back(
    cli: Cli, model: SimServer, monkeypatch: pytest.MonkeyPatch, style: str, gone: str
) -> None:
    brief = "request: A report about the tides and the port of Brest.\ncontinuity: free\noutline:\n"
    brief += "".join(f"  - {{title: {t}, purpose: Of it., words: 120}}\n" for t in TITLES.values())
    if style:
        for name, text in (SOURCES | STYLES).items():
            Path(name).write_text(text)
        brief += f"sources: [tides.md, port.md]\ncite: {style}\n"
    Path("brief.yaml").write_text(brief)
    work = work_of(cli("write", "brief.yaml", "--out", "out", "--yes"))
    text, drafted = cli("text", work, gone).stdout, len(model.calls(role="writer"))
    left = [sid for sid in TITLES if sid != gone]

    said = planned(cli, work, [TITLES[sid] for sid in left])
    assert f"no longer in the outline: {gone}" in said
    assert engine.review(work).sections
    assert cli("resume", work, "--out", "out").exit_code in (0, 4)
    report = json.loads(Path("out/report.json").read_text())
    assert [s["id"] for s in report["sections"]] == left
    assert {c["section"] for c in report["citations"]} == (set(left) if style else set())
    assert f"# {TITLES[gone]}" not in Path("out/manuscript.md").read_text()
    for file in ("it.docx", "it.zip"):
        assert cli("export", work, "--out", file).exit_code == 0
    with monkeypatch.context() as other:
        other.setenv("INKWRIGHT_HOME", "another")
        assert cli("import", "it.zip").exit_code == 0
        assert cli("text", work, gone).stdout == text

    said = planned(cli, work, list(TITLES.values()))
    assert f"back in the outline with the text they had: {gone}" in said
    assert cli("text", work, gone).stdout == text
    assert cli("resume", work, "--out", "out").exit_code in (0, 4)
    assert len(model.calls(role="writer")) == drafted


OUTLINE = Outline(
    title="A harbour",
    continuity="strict",
    headings=tuple(Heading(id=f"h{n}", title=f"Chapter {n}", level=1) for n in (1, 2, 3)),
    sections=tuple(
        Section(id=f"s{n}", title=f"Title {n}", level=2, within=(f"h{n // 2}",), target_words=50)
        for n in range(2, 8)
    ),
)


@pytest.fixture
def work(library: Library) -> str:
    """A written work of three chapters; s4 has all that a section can have, and s6 rests on it."""
    with built(library, "A story of a harbour.") as made:
        made.plan(OUTLINE, entries=[fact("plan.1", "Mara", "keeps the lamp.")])
        made.draft("s2", "It rained all day.")
        made.draft("s3", "The tide fell.")
        wreck = fact("s4.1", "The wreck", "lies in the bay.", kind="thread", span=span("s4"))
        made.draft("s4", "The wreck lies here. Mara saw it.", entries=[wreck])
        made.draft("s5", "The sun came out.", visible_drafts={"s4": 1})
        made.draft("s6", "They left the wreck.", visible_drafts={"s4": 1}, shown={"s4.1": 1})
        made.draft("s7", "The end.")
        changed = fact("plan.1", "Mara", "sold the lamp.", version=2, origin="person")
        made.write(changed)
        offered = SectionCandidate(
            text="The wreck is gone.",
            manifest=Manifest(
                section="s4", outline_version=1, node="", target_words=50, budget_tokens=0
            ),
            review=Review(),
            rounds=0,
        )
        newest = drafts.current(library, made.work)["s4"]
        candidates.store_candidates(library, made.lease, newest, [offered])
        imported_drafts.store_texts(library, made.lease, {"s4": f"{newest.text} {MINE}"})
        locks.lock_words(library, made.lease, "s4", "The wreck lies here.")
        change = Change("plan.1", changed.line, "changed", build_stamp(changed))
        contradictions.store_findings(library, made.lease, "s4", [(change, "Mara saw it.")])
        autosave.save_text(library, made.work, "s4", "Half a word", base_version=4, revision=0)
        works.record_status(library, made.lease, "complete")
        return made.work


def without(*ids: str) -> outline_edits.OutlineEdit:
    """Take sections out together."""

    def change(plan: Plan) -> PlanChange:
        kept = [s for s in plan.outline.sections if s.id not in ids]
        return PlanChange(plan.outline.with_sections(kept), plan.constraints)

    return change


def with_outline(outline: Outline) -> outline_edits.OutlineEdit:
    """Give the work an outline that it had before."""
    return lambda plan: PlanChange(outline, plan.constraints)


@pytest.mark.parametrize("gone", [("s2",), ("s4",), ("s7",), ("s4", "s5"), ("s2", "s4", "s7")])
def test_what_a_work_says_is_what_its_outline_has(
    cli: Cli, library: Library, work: str, gone: tuple[str, ...]
) -> None:
    before = {sid: drafts.versions(library, work, sid) for sid in gone}
    found = WorkOutline(work).apply(without(*gone))
    left = [s.id for s in OUTLINE.sections if s.id not in gone]
    assert [s.id for s in found.outline.sections] == left
    assert list(drafts.current(library, work)) == list(drafts.load_manifests(library, work)) == left
    assert [section.id for section in engine.review(work).sections] == left
    assert not {p.section for p in engine.review(work).problems} & set(gone)
    assert not staleness.find_reasons(library, work).keys() & set(gone)
    assert not {told.section for told in contradictions.load_findings(library, work)} & set(gone)
    assert not set(autosave.list_pending_sections(library, work)) & set(gone)
    assert cli("export", work, "--out", "it.md").exit_code == 0
    text = Path("it.md").read_text()
    assert not [d.text for versions in before.values() for d in versions if d.text in text]
    assert {sid: drafts.versions(library, work, sid) for sid in gone} == before


def test_what_is_taken_out_can_be_read_but_not_changed(
    cli: Cli, model: SimServer, library: Library, work: str
) -> None:
    WorkOutline(work).apply(outline_edits.build_removal("s4"))
    assert [s.id for s in WorkOutline(work).taken_out()] == ["s4"]
    assert cli("text", work, "s4").stdout.endswith(f"{MINE}\n")
    assert len(cli("history", work, "s4").stdout.splitlines()) == 5
    assert "taken out of the outline, texts kept: s4" in cli("history", work).stdout
    assert "Half a word" in SectionText(work, "s4").typed().text
    for act in (
        lambda: SectionText(work, "s4").edit("Other words."),
        lambda: SectionText(work, "s4").lock("Mara saw it."),
        lambda: SectionText(work, "s4").restore(1),
        lambda: SectionText(work, "s4").keep(),
        lambda: inkwright.choose(work, "s4", 2),
        lambda: inkwright.candidates(work, "s4"),
        lambda: inkwright.edit(work, "s4", "Make it plainer."),
    ):
        with pytest.raises(BadInput, match="s4"):
            act()
    assert model.calls(role="writer") == []


def test_put_back_it_has_all_that_it_had(library: Library, work: str) -> None:
    before = drafts.current(library, work), contradictions.load_findings(library, work)
    stale = staleness.find_reasons(library, work)
    WorkOutline(work).apply(outline_edits.build_removal("s4"))
    assert (
        "The wreck: what memory said was retracted" in staleness.find_reasons(library, work)["s6"]
    )
    WorkOutline(work).apply(with_outline(OUTLINE))
    assert (drafts.current(library, work), contradictions.load_findings(library, work)) == before
    assert staleness.find_reasons(library, work) == stale
    assert autosave.list_pending_sections(library, work) == ["s4"]


def test_what_only_it_said_is_no_conflict_and_no_open_thread(library: Library, work: str) -> None:
    memory = inkwright.Memory(work)
    assert [e.id for e in memory.open_threads()] == ["s4.1"]
    WorkOutline(work).apply(outline_edits.build_removal("s4"))
    assert memory.open_threads() == []
    assert "s4.1" in {e.id for e in ledger.load_entries(library, work)}


@pytest.mark.parametrize("gone", ["s4", "s7"])
def test_no_other_section_ever_gets_its_id(
    cli: Cli, library: Library, work: str, gone: str
) -> None:
    WorkOutline(work).apply(outline_edits.build_removal(gone))
    added = (
        WorkOutline(work)
        .apply(outline_edits.build_insertion("Afterwards", after_id="s2", target_words=50))
        .outline.sections[1]
    )
    split = WorkOutline(work).apply(outline_edits.build_split("s2", "Later")).outline.sections[1]
    titles = [s.title for s in plans.current(library, work).outline.sections]  # type: ignore[union-attr]
    planned(cli, work, [*titles, "At last"])
    last = plans.current(library, work).outline.sections[-1]  # type: ignore[union-attr]
    ids = {s.id for s in OUTLINE.sections}
    assert not {added.id, split.id, last.id} & ids
    assert {added.id, last.id} & drafts.current(library, work).keys() == set()


def test_joined_and_divided_texts_keep_their_locks_and_their_authors(
    library: Library, work: str
) -> None:
    WorkOutline(work).apply(outline_edits.build_join("s3"))
    joined = drafts.current(library, work)["s3"]
    held = {(joined.text[h.start : h.end], h.why) for h in joined.held}
    assert held == {(MINE, "person"), ("The wreck lies here.", "locked")}
    SectionText(work, "s3").edit(f"{joined.text}\n\nAnd so on.\n\nAnd so forth.")
    SectionText(work, "s3").lock("And so forth.")
    found = WorkOutline(work).apply(outline_edits.build_split("s3", "Later"))
    later = drafts.current(library, work)[found.outline.sections[2].id]
    locked = [later.text[h.start : h.end] for h in later.held if h.why == "locked"]
    assert "And so forth." in locked


def test_a_run_settles_what_rested_on_it_and_tells_nothing_of_it(
    cli: Cli, model: SimServer, library: Library, work: str
) -> None:
    WorkOutline(work).apply(outline_edits.build_removal("s4"))
    assert set(staleness.find_reasons(library, work)) == {"s6"}
    for command in ("settle", "resume"):
        assert cli(command, work, "--out", "out").exit_code in (0, 4)
    assert staleness.find_reasons(library, work) == {}
    assert model.calls(section="s4") == []
    assert not [p for p in works.get(library, work).problems if "wreck" in p or "s4" in p]
