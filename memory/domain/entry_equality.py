"""Sameness: whether two entries say the same of one topic, in whatever words.

An archivist that re-words what it knows must not make every reader stale. The comparison is by
rule and leans to "different": a needless check costs a call, a missed change stays in the text.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from inkwright.memory.domain.entry import Entry
from inkwright.memory.text.normalise import normalise

_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_HAN_FILLERS = re.compile("[的是了她他它 ]")
_FILLERS = frozenset(
    normalise(
        """a an and are as at be been by for has have he her hers his in is it its of on s she
        that the their them they this to was were which who whose with"""
    ).split()
)

StatementKey = tuple[frozenset[str], tuple[str, ...]]


def is_same_fact(first: Entry, second: Entry) -> bool:
    """True when both say the same of the same subject and attribute.

    Equal are statements with the same telling words and the same names in the same order: "her
    eyes are green" and "green" of an eye colour, but not "Ann met Bo" and "Bo met Ann".
    """
    if not is_same_topic(first, second):
        return False
    if normalise(first.statement) == normalise(second.statement):
        return True
    topic_text = " ".join((*sorted(first.names | second.names), first.topic[1]))
    return bool(first.attribute) and _extract_key(first.statement, topic_text) == _extract_key(
        second.statement, topic_text
    )


def is_same_topic(first: Entry, second: Entry) -> bool:
    """True when both are about the same attribute of one subject, by whichever of its names."""
    return first.topic[1] == second.topic[1] and not first.names.isdisjoint(second.names)


@lru_cache(maxsize=10_000)
def _extract_key(statement: str, topic_text: str) -> StatementKey:
    """Return the words of ``statement`` that tell something of its topic, and the names in it."""
    topic_words = topic_text.split()
    informative_words = [w for w in normalise(statement).split() if _is_informative(w, topic_words)]
    if _HAN.search(statement):
        return frozenset((_join_han_words(informative_words, topic_words),)), ()
    capitalised_words = (normalise(w) for w in statement.split()[1:] if w[:1].isupper())
    names = tuple(word for word in capitalised_words if _is_informative(word, topic_words))
    return frozenset(informative_words or [normalise(statement)]), names


def _is_informative(word: str, topic_words: Sequence[str]) -> bool:
    """True unless ``word`` only makes a sentence of the topic's own words."""
    return word not in _FILLERS and not any(
        word == topic_word or (len(topic_word) > 2 and word.startswith(topic_word))
        for topic_word in topic_words
    )


def _join_han_words(informative_words: Sequence[str], topic_words: Sequence[str]) -> str:
    run = "".join(informative_words)
    for word in sorted((w for w in topic_words if _HAN.search(w)), key=len, reverse=True):
        run = run.replace(word, "")
    return _HAN_FILLERS.sub("", run)
