"""``inkwright sync``: exactly the sections with other words get a new version, or nothing does."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import inkwright
from inkwright.app.manuscripts.assemble import assemble
from inkwright.app.manuscripts.match_sections import match_manuscript
from inkwright.app.manuscripts.split_chapters import split_manuscript
from inkwright.memory.changes import staleness
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.protected_spans import covers
from inkwright.memory.store import drafts, plans, works
from inkwright.memory.store.library import Library
from inkwright.memory.text.words import count_words
from inkwright.memory.user_work import user_drafts
from tests.app.conftest import Cli
from tests.app.test_importing import work_of
from tests.simserver.process import SimServer

BOOK = """\
A word before.

# One

Mara keeps the lamp.

## Night

It rained on Mara.

### Late

It rained still.

# Two

## Day

The sun came out.

## Noon
"""


@pytest.fixture
def work(cli: Cli) -> str:
    """A manuscript, imported and exported into the folder ``out``."""
    Path("book.md").write_text(BOOK)
    return work_of(cli("import", "book.md", "--out", "out"))


def edit(*changes: tuple[str, str]) -> str:
    file = Path("out/manuscript.md")
    text = file.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    return text


def versions(library: Library, work: str) -> dict[str, int]:
    return {sid: d.version for sid, d in drafts.current(library, work).items()}


def exported(library: Library, work: str) -> str:
    plan = plans.current(library, work)
    assert plan is not None
    return assemble(plan.outline, drafts.current(library, work), "all")


def test_only_the_changed_section_has_a_new_version_and_it_is_the_persons(
    cli: Cli, library: Library, work: str
):
    text = edit(("It rained on Mara.", "It snowed on Mara.\n\nAll night."))
    result = cli("sync", "out")
    assert result.exit_code == 0
    assert "taken back as yours: s3" in result.stdout
    assert versions(library, work) == {"s1": 1, "s2": 1, "s3": 2, "s4": 1, "s5": 1}
    now = drafts.current(library, work)["s3"]
    assert (now.text, now.author) == ("It snowed on Mara.\n\nAll night.", "person")
    assert exported(library, work) == text
    assert "no section has other words" in cli("sync", "out").stdout


def test_what_stood_beside_a_changed_sentence_stays_the_persons_too(cli: Cli, library: Library):
    Path("two.md").write_text("# One\n\nMara keeps the lamp. It rained on Mara.\n")
    work = work_of(cli("import", "two.md", "--out", "out"))
    edit(("It rained", "It snowed"))
    assert cli("sync", "out").exit_code == 0
    [now] = drafts.current(library, work).values()
    assert (now.version, now.author) == (2, "person")
    assert covers(now.held, now.text)


def test_nothing_changed_is_nothing_done(cli: Cli, library: Library, work: str):
    before = plans.current(library, work)
    assert cli("sync", "out").exit_code == 0
    assert plans.current(library, work) == before
    assert set(versions(library, work).values()) == {1}


def test_spacing_alone_is_no_new_version_but_is_kept(cli: Cli, library: Library, work: str):
    text = edit(("# Two\n", "\n\nTwo\n===\n"), ("# One\n\n", "# One #\n"))
    assert cli("sync", "out").exit_code == 0
    assert set(versions(library, work).values()) == {1}
    assert exported(library, work) == text


def test_other_line_ends_are_no_new_version(cli: Cli, library: Library, work: str):
    file = Path("out/manuscript.md")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert cli("sync", "out").exit_code == 0
    assert set(versions(library, work).values()) == {1}
    assert exported(library, work).encode() == file.read_bytes()


def test_a_section_still_to_be_written_can_be_written_by_the_person(
    cli: Cli, library: Library, work: str
):
    text = edit(("## Noon\n", "## Noon\n\nAt last.\n"))
    assert cli("sync", "out").exit_code == 0
    assert drafts.current(library, work)["s6"].text == "At last."
    assert exported(library, work) == text


def test_a_new_heading_is_text_of_its_section_and_said(cli: Cli, library: Library, work: str):
    edit(("It rained still.", "It rained still.\n\n## Dawn\n\nThen not."))
    assert "“## Dawn” is a new heading" in cli("sync", "out").stdout
    assert drafts.current(library, work)["s4"].text.endswith("## Dawn\n\nThen not.")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([("## Night\n\n", "")], ["“## Night” is not there"]),
        ([("## Night", "## Evening")], ["“## Night” is now headed “Evening”; --titles"]),
        ([("## Night", "# Night")], ["“## Night” is not there"]),
        ([("## Noon", "## Noon\n\n## Noon")], ["“## Noon” (s6) stands 2 times"]),
        ([("# Two\n", "# Two\n\nHere.\n")], ["text under “# Two”, where no section stands"]),
        ([("The sun came out.", "")], ["s5 has no text any more"]),
        (
            [("## Day\n\nThe sun came out.\n\n## Noon\n", "## Noon\n\n## Day\n\nThe sun.\n")],
            ["was moved"],
        ),
        ([("# One", "# First"), ("## Day", "## Morning")], ["“First”", "“Morning”"]),
        ([("# One", "```\n# One")], ["“# One” is not there", "“## Night” is not there"]),
    ],
)
def test_headings_that_do_not_match_are_each_one_line_and_nothing_is_taken(
    cli: Cli, library: Library, work: str, changes: list[tuple[str, str]], said: list[str]
):
    edit(("It rained still.", "It stopped."), *changes)
    before = plans.current(library, work)
    result = cli("sync", "out")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert all(any(part in line for line in lines) for part in said)
    assert len(set(lines)) == len(lines) >= len(said)
    assert set(versions(library, work).values()) == {1}
    assert plans.current(library, work) == before


def test_new_words_of_a_heading_can_be_taken_as_its_title(cli: Cli, library: Library, work: str):
    text = edit(("## Night", "## Evening"), ("# Two", "# Second"), ("It rained on", "It fell on"))
    result = cli("sync", "out", "--titles")
    assert result.exit_code == 0
    plan = plans.current(library, work)
    assert plan is not None
    assert plan.outline.section("s3").title == "Evening"
    assert [h.title for h in plan.outline.headings] == ["One", "Evening", "Second"]
    assert exported(library, work) == text


def test_a_section_changed_on_both_sides_is_refused(cli: Cli, library: Library, work: str):
    with works.hold_lease(library, work) as lease:
        user_drafts.save_text(library, lease, "s3", "Another night.")
    edit(("It rained on Mara.", "It snowed on Mara."))
    result = cli("sync", "out")
    assert result.exit_code == 2
    assert "s3 was changed here, and in the library" in result.stderr
    assert drafts.current(library, work)["s3"].text == "Another night."


def test_what_is_only_older_here_does_not_undo_the_library(cli: Cli, library: Library, work: str):
    with works.hold_lease(library, work) as lease:
        user_drafts.save_text(library, lease, "s3", "Another night.")
    edit(("The sun came out.", "The moon came out."))
    result = cli("sync", "out")
    assert result.exit_code == 0
    assert "s3 is here as it was in version 1" in result.stdout
    now = drafts.current(library, work)
    assert (now["s3"].text, now["s5"].text) == ("Another night.", "The moon came out.")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.json", None),
        ("report.json", b"{"),
        ("report.json", b"[]"),
        ("report.json", b'{"work": 3, "sections": []}'),
        ("report.json", b'{"work": "nowhere", "sections": []}'),
        ("manuscript.md", None),
        ("manuscript.md", b"\xff"),
        ("manuscript.md", b""),
    ],
)
def test_a_folder_that_is_no_output_is_refused(cli: Cli, work: str, name: str, content):
    file = Path("out", name)
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    result = cli("sync", "out")
    assert result.exit_code == 2
    assert name in result.stderr or "nowhere" in result.stderr


def test_a_piece_that_was_written_here_is_taken_back_too_and_its_readers_are_stale(
    cli: Cli, library: Library, model: SimServer
):
    Path("brief.yaml").write_text(
        "request: Write a report about the tides in a harbour.\nseed: 3\ncontinuity: strict\n"
        "outline:\n- {title: One, purpose: a, words: 60, subjects: [Mara]}\n"
        "- {title: Two, purpose: b, words: 60, subjects: [Mara]}\n"
    )
    model.configure(
        facts=[{"section": "s1", "subject": "Mara", "attribute": "eye colour", "value": "green"}],
        needs=[{"section": "s2", "subject": "Mara", "attribute": "eye colour"}],
    )
    assert cli("write", "brief.yaml", "--out", "out", "--yes").exit_code == 0
    work = works.list_works(library)[0].id
    text = edit(
        ("The eye colour of Mara is green.\n\n## Two", "The eye colour of Mara is grey.\n\n## Two")
        if "green.\n\n## Two" in Path("out/manuscript.md").read_text()
        else ("## One\n\n", "## One\n\nThe eye colour of Mara is grey. ")
    )
    result = cli("sync", "out")
    assert result.exit_code == 0
    assert "taken back as yours: s1" in result.stdout
    now = drafts.current(library, work)
    assert (now["s1"].author, now["s2"].author) == ("mixed", "model")
    assert exported(library, work) == text
    assert "s2" in staleness.find_reasons(library, work)


WORDS = st.text("ab é灯\n#`~->1.", max_size=14)
BODIES = WORDS.filter(lambda t: bool(t.strip()))


@st.composite
def books(draw: st.DrawFn) -> str:
    """Draw a manuscript with distinct headings, some over others, some without text."""
    parts = [draw(st.sampled_from(["", "Before.\n\n", "\ufeff"]))]
    for n in range(draw(st.integers(1, 6))):
        level = draw(st.integers(1, 3))
        body = draw(st.sampled_from(["", "\n", f"\nText of {n}.\n\n", f"Text\n\nof {n}.\n"]))
        parts.append(f"{'#' * level} Heading {n}\n{body}")
    return "".join(parts)


@given(books(), st.data())
def test_random_edits_change_exactly_the_sections_they_are_in(text, data):
    found = split_manuscript(text, "name", title=None, continuity="strict")
    now = {
        sid: Draft(section=sid, version=1, stage="person", text=t, words=count_words(t), manifest=1)
        for sid, t in found.texts.items()
    }
    chosen = data.draw(st.sets(st.sampled_from(sorted(now)))) if now else set()
    wanted = {sid: d.text for sid, d in now.items()}
    for sid in sorted(chosen):
        new = data.draw(st.sampled_from(["New words.", "Two\n\nparagraphs.", "灯塔。", "- a\n- b"]))
        wanted[sid] = f"{new} ({sid})"
    edited = {sid: d.model_copy(update={"text": wanted[sid]}) for sid, d in now.items()}
    changed_text = assemble(found.outline, edited, "all")
    seen = match_manuscript(found.outline, now, "all", changed_text)
    assert seen.faults == []
    assert seen.texts == wanted
    assert seen.outline is not None
    assert assemble(seen.outline, edited, "all") == changed_text


@given(books(), BODIES)
def test_any_text_is_taken_back_exactly_or_refused(text, new):
    found = split_manuscript(text, "name", title=None, continuity="strict")
    now = {
        sid: Draft(section=sid, version=1, stage="person", text=t, words=count_words(t), manifest=1)
        for sid, t in found.texts.items()
    }
    if not now:
        return
    sid = sorted(now)[0]
    edited = {**now, sid: now[sid].model_copy(update={"text": new.strip("\n")})}
    file = assemble(found.outline, edited, "all")
    seen = match_manuscript(found.outline, now, "all", file)
    if not seen.faults:
        stands = {s: now[s].model_copy(update={"text": t}) for s, t in seen.texts.items()}
        assert seen.outline is not None
        assert assemble(seen.outline, stands, "all") == file


def test_the_api_syncs_too(library: Library):
    Path("book.md").write_text(BOOK)
    found = inkwright.import_file("book.md", out="out")
    edit(("It rained still.", "It stopped."))
    assert inkwright.sync("out").changed == ("s4",)
    edit(("# One", "# First"))
    with pytest.raises(inkwright.CannotSync) as fault:
        inkwright.sync("out")
    assert len(fault.value.lines) == 1
    assert inkwright.sync("out", titles=True).titles == {"h1": "First"}
    assert drafts.current(library, found.work)["s4"].text == "It stopped."
