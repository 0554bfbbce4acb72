"""Preview: what an edit would lead to, before anything is written."""

from hypothesis import given, settings
from hypothesis import strategies as st

from inkwright.memory.changes import entry_edits, staleness
from inkwright.memory.changes.edit_impact import preview
from inkwright.memory.changes.entry_edits import EntryEdit
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.domain.entry import Entry
from inkwright.memory.store import drafts, ledger, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from tests.builders import begun, drafted, established, planned

NAMES = ("Mara", "Orla", "林舟")
MARA_GREEN = Remembered(subject="Mara", attribute="eyes", statement="green")


def chain(library: Library) -> str:
    """A work in which each section was shown what the one before establishes."""
    work = begun(library)
    with works.hold_lease(library, work) as lease:
        planned(library, lease, 4)
        shown: list[Entry] = []
        heard: dict[str, int] = {}
        for n, name in enumerate(("Mara", "Orla", "Finn", "Gale"), 1):
            text = f"{name} is here."
            entry = established(f"s{n}.1", name, "place", text, text)
            known = Ledger(library, work).refresh().newest_sequence
            drafted(
                library,
                lease,
                f"s{n}",
                text,
                shown=shown,
                heard=heard,
                known_until=known,
                delta=[entry],
            )
            shown, heard = [entry], {**heard, f"s{n}": 1}
    return work


def test_what_is_certain_is_what_will_be_stale_and_what_may_follow_reads_from_it(
    library: Library,
) -> None:
    work = chain(library)
    edit = entry_edits.build_change("s1.1", statement="Mara is gone.")
    seen = preview(library, work, edit)
    assert [c.section for c in seen.certain] == ["s1", "s2"]
    assert [c.section for c in seen.possible] == ["s3"]
    assert seen.possible[0].reasons == ("“Title 2” may change, and told what it knows of Orla",)
    assert all(0 < 4 * c.tokens < c.most_tokens for c in seen.certain)
    assert staleness.find_reasons(library, work) == {}
    assert ledger.load_entries(library, work)[0].version == 1


def test_nothing_is_stale_that_the_preview_did_not_call_certain(library: Library) -> None:
    work = chain(library)
    edit = entry_edits.build_retraction(["s2.1"])
    seen = preview(library, work, edit)
    entry_edits.apply(library, work, edit)
    found = staleness.find_reasons(library, work)
    assert {c.section: c.reasons for c in seen.certain} == found


def test_an_edit_of_a_work_without_text_reaches_no_section(library: Library) -> None:
    work = begun(library)
    seen = preview(library, work, entry_edits.build_addition([MARA_GREEN]))
    assert (seen.certain, seen.possible) == ((), ())
    assert [e.id for e in seen.new_entries] == ["m.1"]


@st.composite
def _edits(draw: st.DrawFn) -> EntryEdit:
    entry = f"s{draw(st.integers(1, 5))}.1"
    name = draw(st.sampled_from(NAMES))
    return draw(
        st.sampled_from(
            [
                entry_edits.build_change(entry, statement="otherwise"),
                entry_edits.build_change(entry, subject=name),
                entry_edits.build_retraction([entry]),
                entry_edits.build_pinning([entry]),
                entry_edits.build_addition([Remembered(subject=name, statement="new")]),
                entry_edits.build_addition(
                    [Remembered(subject=name, statement="new")], from_section="s3"
                ),
            ]
        )
    )


@settings(max_examples=12)
@given(data=st.data())
def test_the_preview_is_exactly_what_comes_of_it_whatever_the_edits(tmp_path_factory, data):
    library = Library.open(tmp_path_factory.mktemp("library"))
    work = begun(library)
    with works.hold_lease(library, work) as lease:
        planned(library, lease, 5, continuity=data.draw(st.sampled_from(["strict", "free"])))
        made: list[Entry] = []
        for n in range(1, 6):
            names = data.draw(st.sets(st.sampled_from(NAMES)), label=f"named in s{n}")
            text = f"{'，'.join(sorted(names))} and more."
            entry = established(f"s{n}.1", sorted(names)[0] if names else "Sea", "", text, text)
            shown = data.draw(st.lists(st.sampled_from(made), unique=True)) if made else []
            heard = {f"s{k}": 1 for k in range(1, n)}
            known = Ledger(library, work).refresh().newest_sequence
            drafted(
                library,
                lease,
                f"s{n}",
                text,
                shown=shown,
                heard=heard,
                known_until=known,
                delta=[entry],
            )
            made.append(entry)
    for _ in range(3):
        edit = data.draw(_edits())
        seen = preview(library, work, edit)
        added = entry_edits.apply(library, work, edit)
        assert [e.model_dump() for e in added] == [e.model_dump() for e in seen.new_entries]
        found = staleness.find_reasons(library, work)
        assert {c.section: c.reasons for c in seen.certain} == found
        assert seen.sections <= set(drafts.current(library, work))
    library.close()
