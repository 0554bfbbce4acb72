"""Repetition: how much of a text stood in it before, and how much its sections share.

Measured as the engine's own report measures it (``memory/text/repetition.py``).
"""

from collections.abc import Sequence

from inkwright.memory.ids import SectionId
from inkwright.memory.text.repetition import measure_repetition


def duplicate_share(text: str) -> float:
    """Return the share of the text's 8-grams of words that stood earlier in it.

    >>> duplicate_share("a b c d e f g h"), round(duplicate_share("a b c d e f g h " * 2), 3)
    (0.0, 0.111)
    """
    return measure_repetition({SectionId(""): text}).duplicate_8grams


def section_overlap(sections: Sequence[str]) -> float:
    """Return the share of the sections' different 8-grams that another section has too.

    >>> section_overlap(["a b c d e f g h", "a b c d e f g h", "i j k l m n o p"])
    0.6666666666666666
    """
    return measure_repetition(
        {SectionId(str(n)): text for n, text in enumerate(sections)}
    ).cross_section
