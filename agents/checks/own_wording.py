"""A prompt's own words in an answer: what a small model copies where it has nothing to say."""

from pathlib import Path

from pydantic import BaseModel

from inkwright.memory.text.normalise import normalise
from inkwright.prompts.render import PromptInputs, get_instructions

PLACEHOLDERS = (
    "a name", "name", "the name", "someone", "somebody", "something", "unknown", "none", "null",
    "n a", "string", "text", "value", "example",
)  # fmt: skip
"""What stands for nothing in any form."""


class OwnWording:
    """What a prompt and its form say whatever they are about ("subject: a name")."""

    def __init__(
        self, inputs_type: type[PromptInputs], form: type[BaseModel], overrides: Path | None
    ) -> None:
        """Read the template, the user's own where there is one, and the form's field names."""
        texts = (
            *PLACEHOLDERS,
            get_instructions(inputs_type, overrides),
            form.__doc__ or "",
            *form.model_fields,
        )
        self._sentences = " | ".join(f" {normalise(text)} " for text in texts)

    def holds(self, value: str, material: str) -> bool:
        """True when ``value`` is such words, and not also words of ``material``.

        ``material`` is what the prompt is about: what both have may well be meant.
        """
        words = normalise(value)
        return (
            bool(words)
            and f" {words} " in self._sentences
            and f" {words} " not in f" {normalise(material)} "
        )
