"""Exit codes, and errors as one line."""

from collections.abc import Callable
from enum import IntEnum
from typing import TypeVar

import typer

from inkwright.app.config.trust import visible
from inkwright.app.display.formatting import collapse_lines
from inkwright.memory.errors import BadInput, InkwrightError, ModelRefused, ModelUnreachable

T = TypeVar("T")


class Exit(IntEnum):
    """What the exit code says."""

    COMPLETE = 0
    PARTIAL = 1
    BAD_INPUT = 2
    NO_MODEL = 3
    FLAGGED = 4
    INTERRUPTED = 130


def exit_on_error(act: Callable[[], T], *, next_step: str = "") -> T:
    """Return what ``act`` returns; an error a person can act on becomes one line and an exit code.

    ``next_step``: how to go on, said after anything but bad input.
    """
    try:
        return act()
    except KeyboardInterrupt:
        typer.echo(f"interrupted{'; ' if next_step else ''}{next_step}", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None
    except InkwrightError as fault:
        code = _choose_exit_code(fault)
        typer.echo(f"inkwright: {visible(collapse_lines(str(fault)))}", err=True)
        if next_step and code != Exit.BAD_INPUT:
            typer.echo(f"what is written is kept; {next_step}", err=True)
        raise typer.Exit(code) from None


def _choose_exit_code(fault: InkwrightError) -> Exit:
    if isinstance(fault, BadInput):
        return Exit.BAD_INPUT
    if isinstance(fault, (ModelUnreachable, ModelRefused)):
        return Exit.NO_MODEL
    return Exit.PARTIAL
