"""What went wrong with one line of a batch, said so that the other lines can go on."""

import logging

from inkwright.app.display.formatting import collapse_lines
from inkwright.memory.errors import InkwrightError

_log = logging.getLogger(__name__)


def explain(fault: Exception, what: str) -> str:
    """Return one line that says what went wrong.

    The traceback of an error that nobody raised on purpose is logged; ``what`` names there what
    failed.
    """
    if isinstance(fault, InkwrightError):
        return collapse_lines(str(fault))
    _log.error("%s: unexpected error", what, exc_info=fault)
    return collapse_lines(f"unexpected {type(fault).__name__}: {fault}")
