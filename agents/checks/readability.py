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


def compute_grade(text: str) -> float:
    """Return the Flesch-Kincaid grade of ``text``: the school year, about, that can read it."""
    text_words = [w for w in words(text) if any(c.isalpha() for c in w)]
    sentence_count = len([s for s in sentences(text) if any(c.isalpha() for c in s.text)])
    if not text_words or not sentence_count:
        return 0.0
    syllable_count = sum(count_syllables(w) for w in text_words)
    return 0.39 * len(text_words) / sentence_count + 11.8 * syllable_count / len(text_words) - 15.59


def find_hardest_sentence(text: str) -> str:
    """Return the sentence with the highest grade."""
    return max((s.text for s in sentences(text)), key=compute_grade, default="")


def count_syllables(word: str) -> int:
    """Return about how many syllables an English word has; at least one."""
    lower_word = word.lower()
    vowel_groups = len(_VOWELS.findall(lower_word))
    return max(vowel_groups - bool(vowel_groups > 1 and _SILENT.search(lower_word)), 1)
