"""A user's folder of templates: each is held to its inputs before anything is asked."""

from pathlib import Path

from inkwright.prompts import inputs
from inkwright.prompts.render import MissingPlaceholder, PromptInputs, check_template

INPUTS_BY_FILE: dict[str, type[PromptInputs]] = {kind.file: kind for kind in inputs.ALL_INPUTS}
"""File name of every template to what fills it."""


def check_folder(folder: Path) -> None:
    """Hold every template in ``folder`` to its inputs. Other files than ``.md`` are no templates.

    Raises:
        MissingPlaceholder: naming the file and what is wrong with it.
    """
    for file in sorted(folder.glob("*.md")):
        inputs_type = INPUTS_BY_FILE.get(file.name)
        if inputs_type is None:
            template_names = ", ".join(sorted(INPUTS_BY_FILE))
            raise MissingPlaceholder(f"{file.name} replaces no prompt; there are {template_names}")
        try:
            check_template(inputs_type, folder)
        except UnicodeDecodeError:
            raise MissingPlaceholder(f"{file.name} is not UTF-8; save it as UTF-8") from None
