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
from inkwright.memory.text.words import Sentence, prose_sentences, sentences, words

GRAM = 8
"""Words of a run that is no accident when it comes again."""
OPENING_WORDS = 4
OPENING_CHARACTERS = 6
"""How much of two sections' first sentences makes one opening."""
COPIED = 0.5
"""A sentence of which this share lies in runs that another section has says the same again."""
ALIKE = 0.75
"""So does one that has this share of its content words in one sentence of another section."""
CONTENT_WORDS = 6
"""Fewer content words than this tell nothing about two sentences."""
_HAN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_ENDS = ".!?。！？…\"'”’)）」』*_"
_SHORT = 4
"""Words of fewer letters carry little content; of Han characters, pairs do."""
_COMMON = 0.2
"""A content word in more than this share of all sentences is left out: a name, say."""
KEPT = 4096
"""Sentences whose words are kept in mind: a piece is read several times over, as it is mended."""
PIECES_KEPT = 64
"""Pieces of which is kept what was found: one is often asked about again, with others between."""


class RepeatedSentence(Value):
    """A sentence that says what another one has said."""

    section: str
    quote: str
    """The sentence, exactly."""
    of: str
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


def measured(texts: Mapping[str, str]) -> RepetitionMeasures:
    """Return the measures of a piece; ``texts`` are its sections in reading order."""
    return _measured(tuple(texts.items()))


@lru_cache(maxsize=PIECES_KEPT)
def _measured(piece: tuple[tuple[str, str], ...]) -> RepetitionMeasures:
    texts = dict(piece)
    runs = {sid: grams(text) for sid, text in texts.items()}
    everything = [run for section in runs.values() for run in section]
    distinct = {sid: set(section) for sid, section in runs.items()}
    owners = Counter(run for section in distinct.values() for run in section)
    shared = sum(1 for section in distinct.values() for run in section if owners[run] > 1)
    total = sum(len(section) for section in distinct.values())
    return RepetitionMeasures(
        duplicate_8grams=1 - len(set(everything)) / len(everything) if everything else 0.0,
        cross_section=shared / total if total else 0.0,
        same_openings=sum(1 for r in same_openings(texts)),
    )


def grams(text: str) -> list[tuple[str, ...]]:
    """Return the runs of eight words of ``text``, in order."""
    found = [w.casefold() for w in words(text)]
    return [tuple(found[n : n + GRAM]) for n in range(len(found) - GRAM + 1)]


def repeats(texts: Mapping[str, str]) -> list[RepeatedSentence]:
    """Return the sentences that say again what stands elsewhere, each with what it repeats.

    A pair of sections is named once, the later one as repeating; which of the two gives way is for
    the caller to say. A sentence that its own section repeats counts where it comes again.
    """
    return list(_repeats(tuple(texts.items())))


@lru_cache(maxsize=PIECES_KEPT)
def _repeats(piece: tuple[tuple[str, str], ...]) -> tuple[RepeatedSentence, ...]:
    texts = dict(piece)
    parts = {sid: prose_sentences(text) for sid, text in texts.items()}
    found = [*same_openings(texts), *_copied(parts), *_alike(parts)]
    taken: dict[tuple[str, str], RepeatedSentence] = {}
    for repeat in found:
        taken.setdefault((repeat.section, repeat.quote), repeat)
    return tuple(taken.values())


def same_openings(texts: Mapping[str, str]) -> list[RepeatedSentence]:
    """Return the first sentences that begin as an earlier section's does.

    A line of its own that ends no sentence is none: a verse, or the person a letter is to.
    """
    seen: dict[tuple[str, ...], tuple[str, str]] = {}
    found = []
    for sid, text in texts.items():
        first = next(iter(sentences(text)), None)
        if first is None or first.text.startswith("#") or _is_line(text, first):
            continue
        size = OPENING_CHARACTERS if _HAN.match(first.text) else OPENING_WORDS
        opening = tuple(w.casefold() for w in words(first.text)[:size])
        if len(opening) < size:
            continue
        if opening in seen:
            of, there = seen[opening]
            found.append(
                RepeatedSentence(section=sid, quote=first.text, of=of, there=there, kind="opening")
            )
        seen.setdefault(opening, (sid, first.text))
    return found


def _is_line(text: str, part: Sentence) -> bool:
    return part.text[-1] not in _ENDS and text[part.end : part.end + 1] == "\n"


def _copied(parts: Mapping[str, Sequence[Sentence]]) -> Iterable[RepeatedSentence]:
    """Yield the sentences made of runs of words that stand in an earlier one."""
    first: dict[tuple[str, ...], tuple[str, Sentence]] = {}
    for sid, section in parts.items():
        for part in section:
            runs = grams(part.text)
            known = [first[run] for run in runs if run in first]
            if runs and len(known) >= COPIED * len(runs):
                of, there = Counter(known).most_common(1)[0][0]
                yield RepeatedSentence(section=sid, quote=part.text, of=of, there=there.text)
            for run in runs:
                first.setdefault(run, (sid, part))


def _alike(parts: Mapping[str, Sequence[Sentence]]) -> Iterable[RepeatedSentence]:
    """Yield the sentences of other sections' content in other words, each with the nearest one.

    Where a word stands is a number with a bit for each sentence, so that whole pieces are compared
    in a few operations.
    """
    said = [
        (sid, part, content)
        for sid, section in parts.items()
        for part in section
        if len(content := _content(part.text)) >= CONTENT_WORDS
    ]
    spread = Counter(word for _, _, content in said for word in content)
    most = max(len(said) * _COMMON, 3)
    telling = [{w for w in content if spread[w] <= most} for _, _, content in said]
    index: dict[str, int] = defaultdict(int)
    begins: dict[str, int] = {}
    for here, (sid, part, content) in enumerate(said):
        mine, before = telling[here], (1 << begins.setdefault(sid, here)) - 1
        needed = ceil(max(ALIKE * len(content), CONTENT_WORDS - 1))
        near = list(_places(_in_so_many([index[w] & before for w in mine], needed)))
        if near:
            of, there, _ = said[max(near, key=lambda n: (len(mine & telling[n]), -n))]
            yield RepeatedSentence(section=sid, quote=part.text, of=of, there=there.text)
        for w in mine:
            index[w] |= 1 << here


def _in_so_many(sets: Sequence[int], needed: int) -> int:
    """Return the bits that are set in at least ``needed`` of ``sets``."""
    reached = [0] * (needed + 1)
    reached[0] = -1
    for bits in sets:
        for count in range(needed, 0, -1):
            reached[count] |= reached[count - 1] & bits
    return reached[needed]


def _places(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


@lru_cache(maxsize=KEPT)
def _content(text: str) -> frozenset[str]:
    """Return the words that carry the content of a sentence; of Han text, pairs of characters."""
    found = [w.casefold() for w in words(text)]
    if _HAN.search(text):
        return frozenset(a + b for a, b in pairwise(found))
    return frozenset(w for w in found if len(w) >= _SHORT)
