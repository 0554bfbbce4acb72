"""The rolling summary is derived: lost, it is the same again, and no model is asked."""

from sqlalchemy import update

from inkwright.memory.domain.brief import Brief
from inkwright.memory.store import drafts, schema, works
from inkwright.memory.store.library import Library
from inkwright.memory.text.rolling_summary import build_rolling_summary
from inkwright.memory.transfer import summary_rebuild
from tests.calling import calling
from tests.runs import writing
from tests.simserver.config import Fact
from tests.simserver.process import SimServer

BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    continuity="strict",
    outline=writing.outline("The Quay", "The Light", "The Bar", subjects=("Mara",)),
)


def test_every_account_is_rebuilt_from_the_journal_and_so_is_the_summary(
    sim: SimServer, library: Library
) -> None:
    sim.configure(
        facts=[Fact(section="s1", subject="Mara", attribute="eye colour", value="green")],
        summary_facts=1,
    )
    work = writing.begin(library, BRIEF)
    writing.write(library, work, calling(sim))
    before = {sid: d.summary for sid, d in drafts.current(library, work).items()}
    assert all(before.values())
    with library.write() as db:
        db.execute(update(schema.drafts).values(summary=""))
    sim.reset_log()

    with works.hold_lease(library, work) as lease:
        assert summary_rebuild.rebuild_summaries(library, lease) == len(before)
        assert summary_rebuild.rebuild_summaries(library, lease) == 0
    found = drafts.current(library, work)
    assert {sid: d.summary for sid, d in found.items()} == before
    titles = {s.id: s.title for s in writing.plan(library, work).outline.sections}
    told = [(titles[sid], found[sid].summary) for sid in ("s1", "s2")]
    assert (
        build_rolling_summary(told, 10_000, len)
        == drafts.load_manifests(library, work)["s3"].summary
    )
    assert sim.calls() == []


def test_a_run_goes_on_with_the_accounts_it_had(sim: SimServer, library: Library) -> None:
    work = writing.begin(library, BRIEF)
    writing.write(library, work, calling(sim))
    before = {sid: d.summary for sid, d in drafts.current(library, work).items()}
    with library.write() as db:
        db.execute(update(schema.drafts).values(summary=""))
    writing.write(library, work, calling(sim))
    assert {sid: d.summary for sid, d in drafts.current(library, work).items()} == before
