"""What a piece says more than once: by rule, from its words alone.

Words are counted as everywhere, one for each Han or kana character, whatever their case.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import ceil

import regex

from inkwright.memory.base import Value
from inkwright.memory.ids import SectionId
from inkwright.memory.text.words import Sentence, get_text_rule, prose_sentences, sentences, words

RUN_WORDS = 8
"""Words of a run that is no accident when it comes again."""
OPENING_WORDS = 4
OPENING_CHARACTERS = 6
"""How much of two sections' first sentences makes one opening."""
COPIED_SHARE = 0.5
"""A sentence of which this share lies in runs that another section has says the same again."""
ALIKE_SHARE = 0.75
"""So does one that has this share of its content words in one sentence of another section."""
MIN_CONTENT_WORDS = 6
"""Fewer content words than this tell nothing about two sentences."""
_HAN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_ENDS = ".!?。！？…\"'”’)）」』*_"
_MIN_LETTERS = 4
"""Words of fewer letters carry little content; of Han characters, pairs do."""
_COMMON_SHARE = 0.2
"""A content word in more than this share of all sentences is left out: a name, say."""
SENTENCE_CACHE_SIZE = 4096
"""Sentences whose words are kept in mind: a piece is read several times over, as it is mended."""
PIECE_CACHE_SIZE = 64
"""Pieces of which is kept what was found: one is often asked about again, with others between."""


class RepeatedSentence(Value):
    """A sentence that says what another one has said."""

    section: SectionId
    quote: str
    """The sentence, exactly."""
    of: SectionId
    """The section that says it too; the same one, where it repeats itself."""
    there: str
    """The sentence there, exactly."""
    kind: str = "sentence"
    """``sentence`` or ``opening``."""


class RepetitionMeasures(Value):
    """How much of a piece is there twice."""

    duplicate_8grams: float
    """Share of its runs of eight words that came before: 1 - distinct/all, seq-rep-n of Welleck et
    al. 2020 (arXiv:1908.04319) with n = 8, over the whole piece."""
    cross_section: float
    """Share of the sections' distinct runs of eight words that another section has too: containment
    (Broder 1997), each section's in all others, weighted by its size."""
    same_openings: int
    """Sections that begin as an earlier one does."""


def measure_repetition(texts: Mapping[SectionId, str]) -> RepetitionMeasures:
    """Return the measures of a piece; ``texts`` are its sections in reading order."""
    return _measure_repetition(tuple(texts.items()), get_text_rule())


@lru_cache(maxsize=PIECE_CACHE_SIZE)
def _measure_repetition(piece: tuple[tuple[SectionId, str], ...], rule: int) -> RepetitionMeasures:
    """``rule``, by which sentences are split, tells what is kept in mind apart."""
    texts = dict(piece)
    runs_by_section = {section_id: split_into_runs(text) for section_id, text in texts.items()}
    all_runs = [run for section_runs in runs_by_section.values() for run in section_runs]
    distinct_runs = {
        section_id: set(section_runs) for section_id, section_runs in runs_by_section.items()
    }
    section_counts = Counter(run for section_runs in distinct_runs.values() for run in section_runs)
    shared = sum(
        1
        for section_runs in distinct_runs.values()
        for run in section_runs
        if section_counts[run] > 1
    )
    total = sum(len(section_runs) for section_runs in distinct_runs.values())
    return RepetitionMeasures(
        duplicate_8grams=1 - len(set(all_runs)) / len(all_runs) if all_runs else 0.0,
        cross_section=shared / total if total else 0.0,
        same_openings=sum(1 for r in find_same_openings(texts)),
    )


def split_into_runs(text: str) -> list[tuple[str, ...]]:
    """Return the runs of eight words of ``text``, in order."""
    folded_words = [w.casefold() for w in words(text)]
    return [
        tuple(folded_words[n : n + RUN_WORDS]) for n in range(len(folded_words) - RUN_WORDS + 1)
    ]


def find_repeats(texts: Mapping[SectionId, str]) -> list[RepeatedSentence]:
    """Return the sentences that say again what stands elsewhere, each with what it repeats.

    A pair of sections is named once, the later one as repeating; which of the two gives way is for
    the caller to say. A sentence that its own section repeats counts where it comes again.
    """
    return list(_find_repeats(tuple(texts.items()), get_text_rule()))


@lru_cache(maxsize=PIECE_CACHE_SIZE)
def _find_repeats(
    piece: tuple[tuple[SectionId, str], ...], rule: int
) -> tuple[RepeatedSentence, ...]:
    """``rule``, by which sentences are split, tells what is kept in mind apart."""
    texts = dict(piece)
    sentences_by_section = {section_id: prose_sentences(text) for section_id, text in texts.items()}
    all_repeats = [
        *find_same_openings(texts),
        *_find_copied(sentences_by_section),
        *_find_alike(sentences_by_section),
    ]
    first_repeats: dict[tuple[SectionId, str], RepeatedSentence] = {}
    for repeat in all_repeats:
        first_repeats.setdefault((repeat.section, repeat.quote), repeat)
    return tuple(first_repeats.values())


def find_same_openings(texts: Mapping[SectionId, str]) -> list[RepeatedSentence]:
    """Return the first sentences that begin as an earlier section's does.

    A line of its own that ends no sentence is none: a verse, or the person a letter is to.
    """
    earlier_openings: dict[tuple[str, ...], tuple[str, str]] = {}
    repeated_openings = []
    for section_id, text in texts.items():
        first_sentence = next(iter(sentences(text)), None)
        if (
            first_sentence is None
            or first_sentence.text.startswith("#")
            or _is_line(text, first_sentence)
        ):
            continue
        size = OPENING_CHARACTERS if _HAN.match(first_sentence.text) else OPENING_WORDS
        opening = tuple(w.casefold() for w in words(first_sentence.text)[:size])
        if len(opening) < size:
            continue
        if opening in earlier_openings:
            other_section_id, other_quote = earlier_openings[opening]
            repeated_openings.append(
                RepeatedSentence(
                    section=section_id,
                    quote=first_sentence.text,
                    of=other_section_id,
                    there=other_quote,
                    kind="opening",
                )
            )
        earlier_openings.setdefault(opening, (section_id, first_sentence.text))
    return repeated_openings


def _is_line(text: str, part: Sentence) -> bool:
    return part.text[-1] not in _ENDS and text[part.end : part.end + 1] == "\n"


def _find_copied(
    sentences_by_section: Mapping[SectionId, Sequence[Sentence]],
) -> Iterable[RepeatedSentence]:
    """Yield the sentences made of runs of words that stand in an earlier one."""
    first_places: dict[tuple[str, ...], tuple[SectionId, Sentence]] = {}
    for section_id, section_sentences in sentences_by_section.items():
        for sentence in section_sentences:
            runs = split_into_runs(sentence.text)
            earlier_places = [first_places[run] for run in runs if run in first_places]
            if runs and len(earlier_places) >= COPIED_SHARE * len(runs):
                other_section_id, other_sentence = Counter(earlier_places).most_common(1)[0][0]
                yield RepeatedSentence(
                    section=section_id,
                    quote=sentence.text,
                    of=other_section_id,
                    there=other_sentence.text,
                )
            for run in runs:
                first_places.setdefault(run, (section_id, sentence))


def _find_alike(
    sentences_by_section: Mapping[SectionId, Sequence[Sentence]],
) -> Iterable[RepeatedSentence]:
    """Yield the sentences of other sections' content in other words, each with the nearest one.

    Where a word stands is a number with a bit for each sentence, so that whole pieces are compared
    in a few operations.
    """
    candidates = [
        (section_id, sentence, content)
        for section_id, section_sentences in sentences_by_section.items()
        for sentence in section_sentences
        if len(content := _extract_content_words(sentence.text)) >= MIN_CONTENT_WORDS
    ]
    sentence_counts = Counter(word for _, _, content in candidates for word in content)
    max_count = max(len(candidates) * _COMMON_SHARE, 3)
    rare_words = [
        {w for w in content if sentence_counts[w] <= max_count} for _, _, content in candidates
    ]
    bits_by_word: dict[str, int] = defaultdict(int)
    first_place_by_section: dict[SectionId, int] = {}
    for place, (section_id, sentence, content) in enumerate(candidates):
        own_words = rare_words[place]
        earlier_mask = (1 << first_place_by_section.setdefault(section_id, place)) - 1
        needed = ceil(max(ALIKE_SHARE * len(content), MIN_CONTENT_WORDS - 1))
        near_places = list(
            _find_set_bits(
                _select_frequent_bits([bits_by_word[w] & earlier_mask for w in own_words], needed)
            )
        )
        if near_places:
            other_section_id, other_sentence, _ = candidates[
                max(near_places, key=lambda n: (len(own_words & rare_words[n]), -n))
            ]
            yield RepeatedSentence(
                section=section_id,
                quote=sentence.text,
                of=other_section_id,
                there=other_sentence.text,
            )
        for w in own_words:
            bits_by_word[w] |= 1 << place


def _select_frequent_bits(bit_sets: Sequence[int], needed: int) -> int:
    """Return the bits that are set in at least ``needed`` of ``bit_sets``."""
    reached = [0] * (needed + 1)
    reached[0] = -1
    for bits in bit_sets:
        for count in range(needed, 0, -1):
            reached[count] |= reached[count - 1] & bits
    return reached[needed]


def _find_set_bits(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


@lru_cache(maxsize=SENTENCE_CACHE_SIZE)
def _extract_content_words(text: str) -> frozenset[str]:
    """Return the words that carry the content of a sentence; of Han text, pairs of characters."""
    folded_words = [w.casefold() for w in words(text)]
    if _HAN.search(text):
        return frozenset(a + b for a, b in pairwise(folded_words))
    return frozenset(w for w in folded_words if len(w) >= _MIN_LETTERS)
