"""Options and arguments that several commands have, each worded once."""

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from inkwright.memory.errors import BadInput

if TYPE_CHECKING:
    from inkwright.agents.llm.config import Limits

HELP_SETTINGS = {"help_option_names": ["-h", "--help"]}

Brief = Annotated[
    str, typer.Argument(metavar="BRIEF", help="A sentence, or a .txt, .md, .yaml or .json file.")
]
Work = Annotated[
    str, typer.Argument(metavar="WORK", help="A work's id, or enough of its beginning.")
]
Section = Annotated[str, typer.Argument(metavar="SECTION", help="A section's id, or its number.")]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for manuscript.md, report.md, report.json and memory.json."),
]
Words = Annotated[int | None, typer.Option(help="Length of the whole piece, about.")]
Continuity = Annotated[
    Literal["strict", "chapter", "free"] | None,
    typer.Option(help="What waits for what: one chain, a chain in each chapter, or nothing."),
]
Outline = Annotated[
    Path | None, typer.Option(help="Your own outline: YAML, JSON or Markdown headings.")
]
Seed = Annotated[int | None, typer.Option(help="Another seed is another piece.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Begin again, beside what is there.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print calls, tokens, time and money; send nothing.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PlanArm = Annotated[
    Literal["none", "given", "full"], typer.Option("--plan", help="How much is planned.")
]
MemoryArm = Annotated[
    Literal["none", "last", "rolling", "vector", "full"],
    typer.Option("--memory", help="What sections are shown of others."),
]
ReviewArm = Annotated[
    Literal["off", "rules", "full"], typer.Option("--review", help="How drafts are reviewed.")
]

LIMITS = {
    "max_calls": Annotated[
        int | None, typer.Option(min=1, help="Stop after this many model calls.")
    ],
    "max_tokens": Annotated[int | None, typer.Option(min=1, help="Stop after this many tokens.")],
    "max_minutes": Annotated[float | None, typer.Option(help="Stop after this many minutes.")],
    "max_cost": Annotated[
        float | None,
        typer.Option(help="Stop before more money is spent: USD, or the set currency."),
    ],
}
"""What limits a run: for each field of ``Limits``, its option."""


def limited(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of ``LIMITS`` where it has the parameter ``limits``."""

    def run(**arguments: Any) -> None:
        limit_values = {name: arguments.pop(name) for name in LIMITS}
        command(**arguments, limits=build_limits(**limit_values))

    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name == "limits":
            parameters += [
                parameter.replace(name=name, default=None, annotation=option)
                for name, option in LIMITS.items()
            ]
        else:
            parameters.append(parameter)
    keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    run.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in keyword_only}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def build_limits(
    max_calls: int | None,
    max_tokens: int | None,
    max_minutes: float | None,
    max_cost: float | None,
) -> "Limits":
    """Return what a run may spend.

    Raises:
        BadInput: there is no time, or no money, at all.
    """
    from inkwright.agents.llm.config import Limits

    for option, amount in (("--max-minutes", max_minutes), ("--max-cost", max_cost)):
        if amount is not None and not 0 < amount < math.inf:
            raise BadInput(f"{option} must be more than 0, and finite")
    return Limits(
        max_calls=max_calls, max_tokens=max_tokens, max_minutes=max_minutes, max_cost=max_cost
    )
