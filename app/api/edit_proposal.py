"""A proposed edit of a section, as its person reads it and takes of it what they like."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inkwright.app.display.formatting import Operation
from inkwright.memory.domain.draft import Draft

if TYPE_CHECKING:
    from inkwright.agents.revision.instructed_edit import EditorProposal, Hunk

__all__ = ["EditProposal", "Operation", "format_hunks"]


@dataclass(frozen=True)
class EditProposal:
    """What an editor would change in a section. Nothing is changed until it is accepted."""

    work: str
    proposal: "EditorProposal"
    _apply: Callable[[Collection[int]], Draft] = field(repr=False)

    @property
    def hunks(self) -> tuple["Hunk", ...]:
        """The changes, numbered from 1 in the order of the text."""
        return self.proposal.hunks

    @property
    def diff(self) -> str:
        """The changes as lines: what goes with a minus, what comes with a plus."""
        return "\n".join(format_hunks(self.proposal))

    def accept(self, numbers: Collection[int] | None = None) -> Draft:
        """Store the section with these hunks, and return its new version.

        None: all hunks that break no constraint. Without any the section stays as it is.

        Raises:
            BadInput: a number names no hunk, or the section has another text by now.
        """
        return self._apply(self.proposal.harmless_numbers if numbers is None else tuple(numbers))


def format_hunks(proposal: "EditorProposal") -> Iterator[str]:
    """Yield the hunks of a proposal as lines."""
    for hunk in proposal.hunks:
        warning = f" (would break {', '.join(hunk.breaks)})" if hunk.breaks else ""
        yield f"[{hunk.number}] {proposal.section} {hunk.start}:{hunk.end}{warning}"
        yield from (f"- {line}" for line in hunk.before.splitlines())
        yield from (f"+ {line}" for line in hunk.after.splitlines())
