"""A user's folder of templates: each is held to its inputs before anything is asked."""

from pathlib import Path

from inkwright.prompts import inputs
from inkwright.prompts.render import MissingPlaceholder, PromptInputs, check

KINDS: dict[str, type[PromptInputs]] = {kind.file: kind for kind in inputs.ALL}
"""File name of every template to what fills it."""


def check_folder(folder: Path) -> None:
    """Hold every template in ``folder`` to its inputs. Other files than ``.md`` are no templates.

    Raises:
        MissingPlaceholder: naming the file and what is wrong with it.
    """
    for file in sorted(folder.glob("*.md")):
        kind = KINDS.get(file.name)
        if kind is None:
            known = ", ".join(sorted(KINDS))
            raise MissingPlaceholder(f"{file.name} replaces no prompt; there are {known}")
        try:
            check(kind, folder)
        except UnicodeDecodeError:
            raise MissingPlaceholder(f"{file.name} is not UTF-8; save it as UTF-8") from None
