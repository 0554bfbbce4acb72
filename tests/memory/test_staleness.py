"""Staleness is a query over the records, never a flag: it equals a comparison made from scratch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from inkwright.memory import base
from inkwright.memory.changes import staleness
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.check_record import EntryCheck
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.placement import Placement
from inkwright.memory.store import drafts
from inkwright.memory.text.normalise import normalise
from tests.builders import Built, built, fact, outline, sections, span
from tests.unit.agents.orchestration.strategies import outlines

SUBJECTS = ("Mara", "Port Selm", "林舟")
TEXTS = ("Mara waited.", "It rained.", "Port Selm lay dark, and 林舟 slept.")


def stale(work: Built) -> dict[str, set[str]]:
    """Return what each stale section is to be checked against, as ids."""
    return {
        s.section_id: {c.id for c in s.changes}
        for s in staleness.find_stale_sections(work.library, work.work)
    }


def two_drafted(work: Built, *, shown: Mapping[str, int] | None = None, text: str = "") -> None:
    """Plan s1 and s2; s2 is drafted first, having heard nothing."""
    work.plan(outline(*sections("s1", "s2"), continuity="free"), entries=[fact("p.1", "Mara")])
    work.draft("s2", text or "Mara waited.", shown=shown)


def test_nothing_is_stale_before_there_is_a_plan(a_work):
    assert staleness.find_stale_sections(a_work.library, a_work.work) == []


def test_a_section_that_nothing_has_overtaken_is_not_stale(a_work):
    two_drafted(a_work, shown={"p.1": 1})
    assert stale(a_work) == {}


def test_a_changed_outline_node_makes_its_own_section_stale(a_work):
    two_drafted(a_work)
    first, second = sections("s1", "s2")
    changed = second.model_copy(update={"purpose": "Something else"})
    a_work.plan(outline(first, changed, continuity="free"))
    assert stale(a_work) == {"s2": {"outline"}}


def test_a_new_or_changed_constraint_makes_the_sections_that_carry_it_stale(a_work):
    two_drafted(a_work)
    new = Constraint.model_validate({"id": "c1", "text": "No rain", "where": 2})
    a_work.plan(outline(*sections("s1", "s2"), continuity="free"), [new])
    assert stale(a_work) == {"s2": {"c1"}}


def test_an_inserted_section_makes_no_other_stale(a_work):
    two_drafted(a_work)
    a_work.plan(outline(*sections("s9", "s1", "s2"), continuity="free"))
    assert stale(a_work) == {}


def test_a_constraint_that_moves_along_with_its_sections_makes_none_of_them_stale(a_work):
    def asked(where: str) -> list[Constraint]:
        return [Constraint.model_validate({"id": "c1", "text": "No rain", "where": where})]

    a_work.plan(outline(*sections("s1", "s2", "s3"), continuity="free"), asked("2-3"))
    a_work.draft("s2")
    a_work.draft("s3")
    a_work.plan(outline(*sections("s9", "s1", "s2", "s3"), continuity="free"), asked("3-4"))
    assert stale(a_work) == {}


def test_what_an_earlier_release_recorded_of_a_constraint_makes_no_section_stale(
    a_work, monkeypatch
):
    asked = Constraint.model_validate({"id": "c1", "text": "No rain", "where": "2"})
    a_work.plan(outline(*sections("s1", "s2"), continuity="free"), [asked])
    with monkeypatch.context() as earlier:
        earlier.setattr(Constraint, "digest", property(base.digest))
        a_work.draft("s2")
    assert stale(a_work) == {}


def test_a_changed_entry_makes_the_sections_it_was_shown_to_stale(a_work):
    two_drafted(a_work, shown={"p.1": 1}, text="It rained.")
    a_work.write(fact("p.1", "Mara", "Tall.", version=2, origin="person"))
    (found,) = staleness.find_stale_sections(a_work.library, a_work.work)
    assert found.changes[0].line == "- [p.1] Mara: Tall."
    assert "changed" in found.changes[0].reason


def test_a_retracted_entry_makes_the_sections_it_was_shown_to_stale(a_work):
    two_drafted(a_work, shown={"p.1": 1}, text="It rained.")
    a_work.write(fact("p.1", "Mara", version=2, status="retracted"))
    (found,) = staleness.find_stale_sections(a_work.library, a_work.work)
    assert "no longer holds" in found.changes[0].line


def test_an_entry_superseded_before_a_section_makes_it_stale(a_work):
    two_drafted(a_work, shown={"p.1": 1}, text="It rained.")
    a_work.draft("s1", entries=[fact("s1.1", "Mara", "Old.", span=span("s1"), supersedes="p.1")])
    assert stale(a_work) == {"s2": {"s1.1"}}


def test_an_entry_superseded_in_two_steps_is_compared_with_what_holds_in_the_end(a_work):
    a_work.plan(outline(*sections("s1", "s2", "s3"), continuity="free"), entries=[fact("p.1", "X")])
    a_work.draft("s3", "It rained.", shown={"p.1": 1})
    a_work.draft("s1", entries=[fact("s1.1", "X", "2", span=span("s1"), supersedes="p.1")])
    a_work.draft("s2", entries=[fact("s2.1", "X", "3", span=span("s2"), supersedes="s1.1")])
    assert stale(a_work) == {"s3": {"s2.1"}}


def test_an_entry_that_appeared_before_a_section_matters_if_its_text_names_the_subject(a_work):
    two_drafted(a_work, text="Mara waited at the quay.")
    a_work.draft(
        "s1",
        entries=[
            fact("s1.1", "Mara", "Tall.", span=span("s1")),
            fact("s1.2", "Port Selm", "Far.", span=span("s1"), aliases=("the quay",)),
            fact("s1.3", "林舟", "Kind.", span=span("s1")),
        ],
    )
    assert stale(a_work) == {"s2": {"s1.1", "s1.2"}}


def test_an_entry_that_appeared_after_a_section_does_not_matter_to_it(a_work):
    a_work.plan(outline(*sections("s1", "s2"), continuity="free"))
    a_work.draft("s1", "Mara waited.")
    a_work.draft("s2", entries=[fact("s2.1", "Mara", "Tall.", span=span("s2"))])
    assert stale(a_work) == {}


def test_an_entry_that_a_section_had_heard_of_and_recall_left_out_is_no_news(a_work):
    a_work.plan(outline(*sections("s1", "s2"), continuity="free"))
    a_work.draft("s1", entries=[fact("s1.1", "Mara", "Tall.", span=span("s1"))])
    a_work.draft("s2", "Mara waited.", visible_drafts={"s1": 1})
    assert stale(a_work) == {}


def test_what_recall_left_out_is_compared_with_a_section_that_says_otherwise(a_work):
    eyes = {"attribute": "eye colour"}
    a_work.plan(outline(*sections("s1", "s2", "s3"), continuity="free"))
    a_work.draft("s1", entries=[fact("s1.1", "Mara", "Green.", span=span("s1"), **eyes)])
    for sid, value in (("s2", "Blue."), ("s3", "Green.")):
        mine = fact(f"{sid}.1", "Mara", value, span=span(sid), from_section=sid, **eyes)
        a_work.draft(sid, "Mara waited.", entries=[mine], visible_drafts={"s1": 1})
    assert stale(a_work) == {"s2": {"s1.1"}}
    (found,) = staleness.find_stale_sections(a_work.library, a_work.work)
    assert found.reasons == (f"Mara: {staleness.UNSEEN_REASON}",)


def test_what_another_entry_still_says_of_a_retracted_one_is_no_news(a_work):
    eyes = {"attribute": "eye colour"}
    a_work.plan(outline(*sections("s1", "s2", "s3"), continuity="free"))
    first = fact("s1.1", "Mara", "Green.", span=span("s1"), **eyes)
    a_work.draft("s1", entries=[first])
    a_work.draft("s2", entries=[fact("s2.1", "Mara", "green", span=span("s2"), **eyes)])
    a_work.draft("s3", "Mara waited.", visible_drafts={"s1": 1, "s2": 1}, shown={"s1.1": 1})
    gone = first.model_copy(update={"version": 2, "span": span("s1", 2), "status": "retracted"})
    a_work.patch("s1", "It rained on.", entries=[gone])
    assert stale(a_work) == {}


def test_an_entry_true_only_later_does_not_matter_to_an_earlier_section(a_work):
    two_drafted(a_work, text="Mara waited.")
    a_work.plan(outline(*sections("s1", "s2", "s3"), continuity="free"))
    a_work.write(fact("p.2", "Mara", "Dead.", from_section="s3"))
    assert stale(a_work) == {}


def test_a_summary_placed_first_hears_of_those_it_waits_for(a_work):
    first, *rest = sections("s1", "s2", "s3")
    summary = first.model_copy(update={"after": ("s2", "s3")})
    a_work.plan(outline(summary, *rest, continuity="free"))
    a_work.draft("s1", "Mara waited.")
    a_work.draft("s3", entries=[fact("s3.1", "Mara", "Tall.", span=span("s3"))])
    assert stale(a_work) == {"s1": {"s3.1"}}


def test_a_checked_section_is_not_stale_again_until_something_else_changes(a_work):
    two_drafted(a_work, shown={"p.1": 1})
    a_work.write(fact("p.1", "Mara", "Tall.", version=2))
    (found,) = staleness.find_stale_sections(a_work.library, a_work.work)
    current = drafts.current(a_work.library, a_work.work)["s2"]
    drafts.add_stamps(a_work.library, a_work.lease, current, [c.stamp for c in found.changes])
    assert stale(a_work) == {}
    a_work.write(fact("p.1", "Mara", "Short.", version=3))
    assert stale(a_work) == {"s2": {"p.1"}}


def test_a_stamp_outlives_a_patch(a_work):
    two_drafted(a_work, shown={"p.1": 1})
    a_work.write(fact("p.1", "Mara", "Tall.", version=2))
    current = drafts.current(a_work.library, a_work.work)["s2"]
    drafts.add_stamps(a_work.library, a_work.lease, current, [EntryCheck("p.1", 2)])
    a_work.patch("s2", "Mara stood there.")
    assert stale(a_work) == {}


def test_a_basis_hides_what_other_sections_became_since(a_work):
    two_drafted(a_work, text="Mara waited.")
    a_work.draft("s1")
    basis = {"s1": 1, "s2": 1}
    a_work.patch("s1", "New.", entries=[fact("s1.1", "Mara", "Tall.", span=span("s1", 2))])
    assert stale(a_work) == {"s2": {"s1.1"}}
    assert staleness.find_stale_sections(a_work.library, a_work.work, basis_versions=basis) == []


# The same by comparison from scratch


@dataclass
class Drafted:
    """What a section's newest text was written from."""

    version: int
    text: str
    node: str
    constraints: dict[str, Constraint]
    heard: dict[str, int]
    shown: dict[str, int]
    rows_before: int


@dataclass
class Record:
    """Everything that was done to a work, in plain values."""

    outline: Outline
    constraints: list[Constraint]
    rows: list[Entry] = field(default_factory=list)
    drafted: dict[str, Drafted] = field(default_factory=dict)

    def carried(self, sid: str) -> dict[str, Constraint]:
        place, total = self.outline.position[sid], len(self.outline.sections)
        anywhere = {"where": Placement()}
        return {
            c.id: c.model_copy(update=anywhere)
            for c in self.constraints
            if place in c.where.positions(total)
        }

    def holding(self, versions: Mapping[str, int], sid: str) -> dict[str, Entry]:
        """Return what holds where ``sid`` stands, with these drafts known, superseded or not.

        What is true only from a later section on does not, yet.
        """
        found: dict[str, Entry] = {}
        for row in self.rows:
            if row.span is None or row.span.draft <= versions.get(row.span.section, 0):
                found[row.id] = row
        place, known = self.outline.position, self.outline.ancestors[sid]
        to_come = {s for s in place if place[s] > place[sid] and s not in known}
        return {
            i: e
            for i, e in found.items()
            if e.status == "live" and not (e.span is None and e.from_section in to_come)
        }

    def _line(self, eid: str, version: int) -> str:
        """Return what a version of an entry said."""
        return next(e.line for e in self.rows if (e.id, e.version) == (eid, version))

    def stale(self) -> dict[str, set[str]]:
        found = {s.id: self._changes(s.id) for s in self.outline.sections if s.id in self.drafted}
        return {sid: changes for sid, changes in found.items() if changes}

    def _changes(self, sid: str) -> set[str]:
        was = self.drafted[sid]
        changes = {"outline"} if self.outline.section(sid).digest != was.node else set()
        changes |= {i for i, c in self.carried(sid).items() if was.constraints.get(i) != c}
        place = self.outline.position[sid]
        audible = {
            t: d.version
            for t, d in self.drafted.items()
            if self.outline.position[t] < place or t in self.outline.ancestors[sid]
        }
        holding = self.holding(audible, sid)
        replaced_by = {e.supersedes: e.id for e in holding.values() if e.supersedes}
        now = {i: e for i, e in holding.items() if i not in replaced_by}
        for eid, version in was.shown.items():
            if eid not in now:
                heir = eid
                while heir in replaced_by:
                    heir = replaced_by[heir]
                changes.add(heir)
            elif now[eid].line != self._line(eid, version):
                changes.add(eid)
        new_rows = {(e.id, e.version) for e in self.rows[was.rows_before :]}
        for entry in now.values():
            if entry.span is None:
                news = (entry.id, entry.version) in new_rows
            else:
                news = entry.span.draft > was.heard.get(entry.span.section, 0)
            named = any(n in f" {normalise(was.text)} " for n in entry.names)
            true_here = self.outline.position.get(entry.from_section or "", 0) <= place
            if entry.id not in was.shown and news and named and true_here:
                changes.add(entry.id)
        return changes


@settings(max_examples=60)
@given(outlines(most=5), st.data())
def test_the_query_equals_a_comparison_from_scratch(shared_library, made, data):
    seed = next(_SEEDS)
    with built(shared_library, seed=seed) as work:
        record = Record(made, [])
        work.plan(made)
        for _ in range(data.draw(st.integers(1, 9), label="steps")):
            step = data.draw(
                st.sampled_from([_draft, _draft, _patch, _person, _replan, _constrain])
            )
            step(work, record, data)
            assert stale(work) == record.stale()


_SEEDS = iter(range(1, 1_000_000))


def _draft(work: Built, record: Record, data: st.DataObject) -> None:
    """Draft a section that has heard some of what there is, and was shown some of that."""
    waiting = [s.id for s in record.outline.sections if s.id not in record.drafted]
    if not waiting:
        return
    sid = data.draw(st.sampled_from(waiting))
    known = {t: d.version for t, d in record.drafted.items()}
    may_hear = [
        t for t in known if record.outline.position[t] < record.outline.position[sid]
        or t in record.outline.ancestors[sid]
    ]  # fmt: skip
    heard = {t: known[t] for t in may_hear if data.draw(st.booleans())}
    holding = record.holding(heard, sid)
    replaced = {e.supersedes for e in holding.values()}
    audible = [e for i, e in holding.items() if i not in replaced]
    shown = {e.id: e.version for e in audible if data.draw(st.booleans())}
    text = data.draw(st.sampled_from(TEXTS))
    before = len(record.rows)
    for number in range(data.draw(st.integers(0, 2))):
        record.rows.append(_new(record, sid, 1, number, shown, data))
    work.draft(sid, text, entries=record.rows[before:], visible_drafts=heard, shown=shown)
    node = record.outline.section(sid).digest
    record.drafted[sid] = Drafted(1, text, node, record.carried(sid), heard, shown, before)


def _patch(work: Built, record: Record, data: st.DataObject) -> None:
    """Patch a section: some of its entries change, or go, or come."""
    if not record.drafted:
        return
    sid = data.draw(st.sampled_from(sorted(record.drafted)))
    was = record.drafted[sid]
    version = was.version + 1
    latest = {e.id: e for e in record.rows}
    own = [e for e in latest.values() if e.span and e.span.section == sid and e.status == "live"]
    entries = []
    for entry in own:
        status = data.draw(st.sampled_from(["kept", "live", "retracted"]))
        if status != "kept":
            entries.append(_next(entry, span=span(sid, version), status=status))
    number = sum(i.startswith(f"{sid}.") for i in latest)
    entries += [
        _new(record, sid, version, number + n, {}, data)
        for n in range(data.draw(st.integers(0, 1)))
    ]
    was.text = data.draw(st.sampled_from(TEXTS)) + f" {version}"
    was.version = version
    work.patch(sid, was.text, entries=entries)
    record.rows += entries


def _person(work: Built, record: Record, data: st.DataObject) -> None:
    """A person adds an entry, or changes or retracts one."""
    latest = {e.id: e for e in record.rows}
    live = [e for e in latest.values() if e.status == "live"]
    entry = data.draw(st.none() | st.sampled_from(live)) if live else None
    if entry is None:
        places = [None, *(s.id for s in record.outline.sections)]
        new = fact(
            f"m.{len(latest) + 1}",
            data.draw(st.sampled_from(SUBJECTS)),
            origin="person",
            from_section=data.draw(st.sampled_from(places)),
        )
    else:
        status = data.draw(st.sampled_from(["live", "retracted"]))
        new = _next(entry, span=None, status=status, origin="person")
    work.write(new)
    record.rows.append(new)


def _replan(work: Built, record: Record, data: st.DataObject) -> None:
    """A person gives a section another purpose."""
    sid = data.draw(st.sampled_from([s.id for s in record.outline.sections]))
    purpose = data.draw(st.sampled_from(["", "One", "Two"]))
    record.outline = record.outline.with_sections(
        s.model_copy(update={"purpose": purpose}) if s.id == sid else s
        for s in record.outline.sections
    )
    work.plan(record.outline, record.constraints)


def _constrain(work: Built, record: Record, data: st.DataObject) -> None:
    """A person places a constraint, or words it anew."""
    where = data.draw(st.sampled_from(["all", "whole", 1, "1-2"]))
    text = data.draw(st.sampled_from(["No rain", "No ghosts"]))
    constraint = Constraint.model_validate({"id": "c1", "text": text, "where": where})
    record.constraints = [constraint]
    work.plan(record.outline, record.constraints)


def _new(
    record: Record, sid: str, version: int, n: int, shown: Mapping[str, int], data: st.DataObject
) -> Entry:
    taken = {row.supersedes for row in record.rows}
    supersedes = data.draw(st.sampled_from([None, *(i for i in shown if i not in taken)]))
    return fact(
        f"{sid}.{n + 1}",
        data.draw(st.sampled_from(SUBJECTS)),
        span=span(sid, version),
        supersedes=supersedes,
        from_section=data.draw(st.sampled_from([None, sid])),
    )


def _next(entry: Entry, **changes: object) -> Entry:
    """Return the next version of an entry, which says something else than the one before."""
    version = entry.version + 1
    said = {"version": version, "statement": f"It is so, in the words of {version}."}
    return entry.model_copy(update={**said, **changes})
