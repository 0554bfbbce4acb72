"""A finished work whose third section repeats what the first established: Mara's eyes."""

from inkwright.memory.domain.brief import Brief
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.simserver.config import Fact, Need
from tests.simserver.process import SimServer

BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    continuity="strict",
    outline=writing.outline("The Quay", "The Light", "The Bar", subjects=("Mara",)),
)
NEED = Need(section="s3", subject="Mara", attribute="eye colour")
GREEN, HAZEL = "The eye colour of Mara is green.", "The eye colour of Mara is hazel."


def eyes(colour: str) -> list[Fact]:
    """Return what the first section states."""
    return [Fact(section="s1", subject="Mara", attribute="eye colour", value=colour)]


def finished(sim: SimServer, library: Library) -> str:
    """Write it with green eyes; what is written from then on has hazel ones."""
    sim.configure(facts=eyes("green"), needs=[NEED])
    begun = writing.begin(library, BRIEF)
    assert writing.write(library, begun, calling(sim)).status == "complete"
    assert GREEN in writing.texts(library, begun)["s3"]
    sim.reset_log()
    sim.configure(facts=eyes("hazel"))
    return begun
