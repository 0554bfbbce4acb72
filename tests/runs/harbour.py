"""The piece that is written whenever a run is interrupted, and what goes wrong while it is."""

from typing import Any

from inkwright.memory.domain.brief import Brief, Constraint, Continuity, Placement
from tests.runs.writing import chapter, section
from tests.simserver.config import Fact, JudgeFail, Need

TROUBLE: dict[str, Any] = {
    "facts": [
        Fact(section="s1", subject="Mara", attribute="eye colour", value="green"),
        Fact(section="s1", subject="Orla", attribute="trade", value="rope making"),
    ],
    "needs": [
        Need(section="s4", subject="Mara", attribute="eye colour", wrong="blue"),
        Need(section="s5", subject="Mara", attribute="eye colour", wrong="amber"),
    ],
    "length_error": 0.5,
    "judge_fails": [JudgeFail(constraint="brisk", section="s2")],
}
"""Two sections contradict the first, lengths are missed, and one judge is not content."""


def harbour(continuity: Continuity, *, chapters: int = 3, sections: int = 2) -> Brief:
    """Return a brief whose outline leaves the planner nothing but requirements and entries."""
    named = ("Mara", "Orla")
    parts = [
        chapter(
            f"Chapter {c}",
            *(section(f"Pier {c}{letter}", subjects=named) for letter in "abcdef"[:sections]),
        )
        for c in range(1, chapters + 1)
    ]
    return Brief(
        request="Write a report about the tides in a harbour.",
        continuity=continuity,
        outline=tuple(parts),
        constraints=(Constraint(text="The tone must be brisk", where=Placement(scope="all")),),
    )
