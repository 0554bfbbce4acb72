"""What is fixed for a work, and how far its run has come: typed, stored under the keys of 0.1."""

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from inkwright.memory.domain.draft import Finding, Review
from inkwright.memory.store import run_state, schema, works
from inkwright.memory.store.run_state import ManuscriptFault, MissedBreach, RunSettings, RunState
from inkwright.memory.text.repetition import RepetitionMeasures
from inkwright.memory.text.words import OFFICE_RULE

SETTINGS = RunSettings(context_tokens=4096, tokenizer_factor=1.5, slots=4, embedder="e")
BROKEN = Finding(constraint="c1", status="broken", evidence="lamp")
MEASURES = RepetitionMeasures(duplicate_8grams=0.1, cross_section=0.0, same_openings=1)


def stored(work):
    with work.library.read() as db:
        query = select(schema.works.c.pinned).where(schema.works.c.id == work.work)
        return db.execute(query).scalar_one()


def test_a_run_is_stored_under_the_keys_of_the_first_release(a_work):
    library, lease = a_work.library, a_work.lease
    fault = ManuscriptFault(section="s1", quote="Mara waited.", wanted="Say it once.")
    run_state.pin_settings(library, lease, SETTINGS)
    run_state.begin_settling_pass(library, lease, 2, {"s1": 3})
    run_state.store_missed_breaches(library, lease, [MissedBreach(section="s1", finding=BROKEN)])
    run_state.store_faults(library, lease, [fault], MEASURES)
    run_state.store_whole_review(library, lease, Review(findings=(BROKEN,)))
    run_state.begin_repair(library, lease)
    values = stored(a_work)
    assert {"context_tokens", "tokenizer_factor", "slots", "embedder"} <= values.keys()
    assert values["settling"] == {"pass": 2, "basis": {"s1": 3}}
    assert values["missed"] == [{"section": "s1", "finding": BROKEN.model_dump(mode="json")}]
    assert values["faults"] == [fault.model_dump()]
    assert values["repetition"] == MEASURES.model_dump()
    assert values["whole"]["findings"] == [BROKEN.model_dump(mode="json")]
    assert values["repair"] == "begun"
    work = works.get(library, a_work.work)
    assert work.run_settings == SETTINGS.model_copy(update={"text_rule": OFFICE_RULE})
    assert work.run_state.settling is not None
    assert work.run_state.settling.number == 2


def test_the_end_of_a_repair_leaves_nothing_pending_but_what_was_measured(a_work):
    library, lease = a_work.library, a_work.lease
    run_state.store_missed_breaches(library, lease, [MissedBreach(section="s1", finding=BROKEN)])
    run_state.store_faults(library, lease, (), MEASURES)
    run_state.end_repair(library, lease)
    assert run_state.load_state(library, a_work.work) == RunState(
        repair="done", repetition=MEASURES
    )


def test_a_pass_that_could_not_settle_all_leaves_what_was_settled_before(a_work):
    library, lease = a_work.library, a_work.lease
    run_state.end_settling(library, lease, 3)
    run_state.begin_settling_pass(library, lease, 1, {})
    run_state.end_settling(library, lease, None)
    assert run_state.load_state(library, a_work.work) == RunState(settled_plan=3)
    run_state.require_settling(library, lease)
    assert run_state.load_state(library, a_work.work).settled_plan is None


def test_what_0_1_stored_of_an_imported_text_is_read_as_not_settled():
    state = RunState.model_validate({"settled": False, "unread": {"s2": 1}, "slots": 8})
    assert state.settled_plan is None
    assert state.unread_versions == {"s2": 1}


def test_keys_of_a_later_release_stay_where_they_are(a_work):
    with a_work.library.write(a_work.lease) as db:
        db.execute(schema.works.update().values(pinned={"of_later": 1}))
    run_state.begin_repair(a_work.library, a_work.lease)
    assert stored(a_work) == {"of_later": 1, "repair": "begun"}


@pytest.mark.parametrize("values", [{"repair": "perhaps"}, {"settling": {"pass": "x"}}, [1]])
def test_what_no_release_has_stored_is_refused(values):
    with pytest.raises(ValidationError):
        RunState.model_validate(values)
