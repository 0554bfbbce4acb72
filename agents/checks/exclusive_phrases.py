"""Phrases that stand in their own sections and nowhere else."""

from collections.abc import Iterable, Sequence

from inkwright.agents.llm.parsing import is_han
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.placement import Placement
from inkwright.memory.text.normalise import normalise


def prohibitions(constraints: Iterable[Constraint]) -> list[Constraint]:
    """Return what ``only_there`` means for all other sections, one constraint a phrase.

    Where several constraints want a phrase, it may stand in the sections of each.
    """
    told = list(constraints)
    wanted: dict[str, list[Constraint]] = {}
    for constraint in told:
        for phrase in constraint.phrases if constraint.kind == "must_contain" else ():
            wanted.setdefault(normalise(phrase), []).append(constraint)
    found = []
    for constraint in told:
        for phrase in constraint.phrases if constraint.only_there else ():
            sharing = wanted.pop(normalise(phrase), [])
            if sharing:
                found.append(_prohibition(phrase, constraint, sharing))
    return found


def _prohibition(phrase: str, told: Constraint, sharing: Sequence[Constraint]) -> Constraint:
    places = tuple(dict.fromkeys(c.where for c in sharing))
    return Constraint(
        text=wording([phrase], han=is_han(told.text)),
        kind="must_not_contain",
        phrases=(phrase,),
        where=Placement(scope="others", but=places),
        required=told.required,
        source=told.source,
    )


def wording(phrases: Iterable[str], *, han: bool) -> str:
    """Return in words that these phrases belong elsewhere."""
    if han:
        return f"此处不得提到{'、'.join(f'“{p}”' for p in phrases)}"
    return f"It must not mention {', '.join(f'“{p}”' for p in phrases)} here"


def order_lines(carried: Sequence[Constraint]) -> list[str]:
    """Return a section's requirements, a line each; all that belongs elsewhere in one line.

    What a section opens and closes with is set by code, and nothing a writer is asked for.
    """
    elsewhere = [c for c in carried if c.forbids and c.where.scope == "others"]
    asked = [c for c in carried if c not in elsewhere and not (c.opens or c.closes)]
    lines = [f"- [{c.id}] {c.in_full}" for c in asked]
    if elsewhere:
        phrases = dict.fromkeys(p for c in elsewhere for p in c.phrases)
        said = wording(phrases, han=is_han(elsewhere[0].text))
        lines.append(f"- [{' '.join(c.id for c in elsewhere)}] {said}")
    return lines
