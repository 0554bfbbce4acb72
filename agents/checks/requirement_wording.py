"""Whether words show that a requirement is met, or only say the requirement again.

A model that is to mend a text pastes the requirement into it, and a model that is to judge takes
that for proof. So wording that is the requirement's own counts for neither of them, but for the
phrases that it asks for.
"""

from collections.abc import Iterator, Sequence

import regex

from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.text.phrases import find_phrase
from inkwright.memory.text.words import sentences, words

RUN_WORDS = 4
"""Words in a row that a text has from a requirement by no accident; of fewer, all of them."""
OWN_SHARE = 0.8
"""A sentence of which this share of runs is a requirement's says nothing of its own."""
MIN_OWN_WORDS = 4
"""Words beyond a requirement's that make a sentence about the matter."""
_PARENTHESES = regex.compile(r"[(\[（【]([^()\[\]（）【】]+)[)\]）】]")
_AFTER_COLON = regex.compile(r"[:：–—][^:：–—]+$")
_QUOTED = regex.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|„([^“\n]+)“|«([^»\n]+)»|「([^」\n]+)」")
_LIST_ITEM = regex.compile(r"^\s*(?:[-*+•]|\d+[.)、])\s+")


def is_own_wording(quote: str, text: str, constraint: Constraint) -> bool:
    """True when ``quote``, or what of ``text`` it stands in, only says the requirement again.

    What stands in brackets, or as an item of a list, is looked at apart. The words of a fact are
    what a text is to say, and so are phrases that are asked for.
    """
    if constraint.kind == "fact" or any(find_phrase(quote, p) for p in constraint.phrases):
        return False
    if quoted_phrases := [p for p in _list_quoted(constraint.text) if find_phrase(quote, p)]:
        return _says_only_beside(quoted_phrases, quote, text, constraint)
    if len(words(quote)) >= RUN_WORDS and _says_only(quote, constraint):
        return True
    stretches = list(_find_stretches(quote, text, constraint))
    return bool(stretches) and all(_says_only(stretch, constraint) for stretch in stretches)


def _says_only_beside(
    phrases: Sequence[str], quote: str, text: str, constraint: Constraint
) -> bool:
    """True when, beside these phrases, the text only says the requirement that has them."""
    rest = constraint.model_copy(update={"text": _remove_phrases(constraint.text, phrases)})
    stretches = list(_find_stretches(quote, text, constraint)) or [quote]
    beside = [(_remove_phrases(s, phrases), s) for s in stretches]
    return all(_says_only(b, rest) if words(b) else _is_aside(s) for b, s in beside)


def brings_in_wording(new_text: str, old_text: str, constraint: Constraint) -> bool:
    """True when ``new_text`` has wording of a requirement that ``old_text`` has not.

    Runs of its words, but for the phrases it asks for; and these outside a sentence that says
    something of its own: in brackets, or as a list.
    """
    if constraint.kind == "fact":
        return False  # what holds is to be said as it is
    quoted_phrases = [p for p in _list_quoted(constraint.text) if find_phrase(new_text, p)]
    if quoted_phrases:
        constraint = constraint.model_copy(
            update={"phrases": (*constraint.phrases, *quoted_phrases)}
        )
    requirement = _remove_phrases(constraint.text, constraint.phrases)
    new_runs = set(_list_runs(_remove_phrases(new_text, constraint.phrases), RUN_WORDS))
    old_runs = set(_list_runs(old_text, RUN_WORDS))
    if (new_runs - old_runs) & set(_list_runs(requirement, RUN_WORDS)):
        return True
    new_stretches = set(_split(new_text)) - set(_split(old_text))
    return any(_is_pasted(stretch, constraint) for stretch in new_stretches)


def _is_pasted(stretch: str, constraint: Constraint) -> bool:
    """True for phrases that are asked for, and little beside."""
    phrases = [phrase for phrase in constraint.phrases if find_phrase(stretch, phrase)]
    tail = _AFTER_COLON.search(stretch)
    if tail and sum(find_phrase(tail.group(), p) is not None for p in phrases) > 1:
        return len(_list_other_words(tail.group(), constraint)) < MIN_OWN_WORDS
    if not phrases:
        return _is_aside(stretch) and _says_only(stretch, constraint)
    return len(_list_other_words(stretch, constraint)) < MIN_OWN_WORDS and (
        _is_aside(stretch) or not _is_sentence_asked_for(stretch, constraint)
    )


def _is_sentence_asked_for(stretch: str, constraint: Constraint) -> bool:
    """True when one phrase that is asked for is a sentence, or all of one."""
    plain_stretch = " ".join(words(stretch)).casefold()
    return (
        any(" ".join(words(phrase)).casefold() == plain_stretch for phrase in constraint.phrases)
        and len(words(stretch)) >= MIN_OWN_WORDS
    )


def _says_only(stretch: str, constraint: Constraint) -> bool:
    """True when nearly all of a stretch is a requirement's wording, or it holds nearly all of a
    requirement of more than a few words.
    """
    stretch_words = [w.casefold() for w in words(stretch)]
    requirement_words = [w.casefold() for w in words(constraint.full_text)]
    size = min(RUN_WORDS, len(stretch_words), 3)
    if not size:
        return True
    if _is_aside(stretch):
        return set(stretch_words) <= set(requirement_words)
    runs, own_runs = _list_runs(stretch, size), _list_runs(constraint.full_text, size)
    if _share(runs, own_runs) >= OWN_SHARE:
        return True
    return len(requirement_words) > RUN_WORDS and _share(own_runs, runs) >= OWN_SHARE


def _share(runs: Sequence[tuple[str, ...]], others: Sequence[tuple[str, ...]]) -> float:
    """Return the share of ``runs`` that are among ``others``: containment (Broder 1997)."""
    known_runs = set(others)
    return sum(run in known_runs for run in runs) / max(len(runs), 1)


def _list_other_words(stretch: str, constraint: Constraint) -> list[str]:
    requirement_words = {w.casefold() for w in words(constraint.full_text)}
    return [w for w in words(stretch) if w.casefold() not in requirement_words]


def _list_runs(text: str, size: int) -> list[tuple[str, ...]]:
    folded_words = [w.casefold() for w in words(text)]
    return [tuple(folded_words[n : n + size]) for n in range(len(folded_words) - size + 1)]


def _remove_phrases(text: str, phrases: Sequence[str]) -> str:
    for phrase in phrases:
        pieces = []
        while match := find_phrase(text, phrase):
            pieces.append(text[: match.start()])
            text = text[match.end() :]
        text = " / ".join([*pieces, text])
    return text


def _list_quoted(requirement: str) -> list[str]:
    """Return what a requirement has in quotation marks: words that are asked for as they are."""
    return [next(filter(None, m.groups())).strip() for m in _QUOTED.finditer(requirement)]


def _find_stretches(quote: str, text: str, constraint: Constraint) -> Iterator[str]:
    """Yield the sentences and asides of ``text`` that ``quote`` is of, wherever it stands."""
    start = text.find(quote)
    while start >= 0:
        end = start + len(quote)
        for sentence in sentences(text):
            if sentence.start < end and start < sentence.end:
                yield from _choose_stretches(sentence.text, quote, constraint)
        start = text.find(quote, start + 1)


def _choose_stretches(sentence: str, quote: str, constraint: Constraint) -> list[str]:
    """Return the asides of a sentence that have the quote, or the requirement; else the sentence.

    A requirement that was pasted behind a sentence taints it.
    """
    asides = [m.group() for m in _PARENTHESES.finditer(sentence)]
    inside = [a for a in asides if quote in a]
    pasted = [a for a in asides if len(words(a)) > 1 and _says_only(a, constraint)]
    return inside or pasted or [_PARENTHESES.sub(" ", sentence)]


def _split(text: str) -> Iterator[str]:
    """Yield what is read by itself: asides, items of lists, and sentences without asides."""
    for sentence in sentences(text):
        yield from (m.group() for m in _PARENTHESES.finditer(sentence.text))
        yield _PARENTHESES.sub(" ", sentence.text).strip()


def _is_aside(stretch: str) -> bool:
    return bool(_PARENTHESES.fullmatch(stretch.strip()) or _LIST_ITEM.match(stretch))
