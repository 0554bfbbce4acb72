"""Phrases that stand in their own sections and nowhere else."""

from collections.abc import Iterable, Sequence

from inkwright.agents.llm.parsing import is_han
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.placement import Placement
from inkwright.memory.text.normalise import normalise


def build_prohibitions(constraints: Iterable[Constraint]) -> list[Constraint]:
    """Return what ``only_there`` means for all other sections, one constraint a phrase.

    Where several constraints want a phrase, it may stand in the sections of each.
    """
    all_constraints = list(constraints)
    constraints_by_phrase: dict[str, list[Constraint]] = {}
    for constraint in all_constraints:
        for phrase in constraint.phrases if constraint.kind == "must_contain" else ():
            constraints_by_phrase.setdefault(normalise(phrase), []).append(constraint)
    new_prohibitions = []
    for constraint in all_constraints:
        for phrase in constraint.phrases if constraint.only_there else ():
            sharing_constraints = constraints_by_phrase.pop(normalise(phrase), [])
            if sharing_constraints:
                new_prohibitions.append(_build_prohibition(phrase, constraint, sharing_constraints))
    return new_prohibitions


def _build_prohibition(
    phrase: str, constraint: Constraint, sharing_constraints: Sequence[Constraint]
) -> Constraint:
    allowed_placements = tuple(dict.fromkeys(c.where for c in sharing_constraints))
    return Constraint(
        text=word_prohibition([phrase], han=is_han(constraint.text)),
        kind="must_not_contain",
        phrases=(phrase,),
        where=Placement(scope="others", but=allowed_placements),
        required=constraint.required,
        source=constraint.source,
    )


def word_prohibition(phrases: Iterable[str], *, han: bool) -> str:
    """Return in words that these phrases belong elsewhere."""
    if han:
        return f"此处不得提到{'、'.join(f'“{p}”' for p in phrases)}"
    return f"It must not mention {', '.join(f'“{p}”' for p in phrases)} here"


def format_requirements(constraints: Sequence[Constraint]) -> list[str]:
    """Return a section's requirements, a line each; all that belongs elsewhere in one line.

    What a section opens and closes with is set by code, and nothing a writer is asked for.
    """
    exclusive_constraints = [c for c in constraints if c.forbids and c.where.scope == "others"]
    writer_constraints = [
        c for c in constraints if c not in exclusive_constraints and not (c.opens or c.closes)
    ]
    lines = [f"- [{c.id}] {c.full_text}" for c in writer_constraints]
    if exclusive_constraints:
        phrases = dict.fromkeys(p for c in exclusive_constraints for p in c.phrases)
        prohibition_text = word_prohibition(phrases, han=is_han(exclusive_constraints[0].text))
        lines.append(f"- [{' '.join(c.id for c in exclusive_constraints)}] {prohibition_text}")
    return lines
