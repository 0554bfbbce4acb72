"""The reading level of English text.

Flesch-Kincaid grade: 0.39 words a sentence + 11.8 syllables a word - 15.59 (Kincaid, Fishburne,
Rogers and Chissom 1975, Naval Technical Training Command, Research Branch Report 8-75). Syllables
are estimated from spelling: groups of vowels, less a silent ending.
"""

import re

from inkwright.memory.text.words import sentences, words

ENOUGH_WORDS = 30
"""Words below which a grade says nothing."""
_VOWELS = re.compile(r"[aeiouyáéíóúàèâêîôûäëïöü]+")
_SILENT = re.compile(r"(?:[^laeiouy]e|[^laeiouytd]ed|[^laeiouyszxc]es)$")


def grade(text: str) -> float:
    """Return the Flesch-Kincaid grade of ``text``: the school year, about, that can read it."""
    spoken = [w for w in words(text) if any(c.isalpha() for c in w)]
    count = len([s for s in sentences(text) if any(c.isalpha() for c in s.text)])
    if not spoken or not count:
        return 0.0
    beats = sum(syllables(w) for w in spoken)
    return 0.39 * len(spoken) / count + 11.8 * beats / len(spoken) - 15.59


def hardest_sentence(text: str) -> str:
    """Return the sentence with the highest grade."""
    return max((s.text for s in sentences(text)), key=grade, default="")


def syllables(word: str) -> int:
    """Return about how many syllables an English word has; at least one."""
    plain = word.lower()
    beats = len(_VOWELS.findall(plain))
    return max(beats - bool(beats > 1 and _SILENT.search(plain)), 1)
