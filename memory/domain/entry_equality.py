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

Value = tuple[frozenset[str], tuple[str, ...]]


def same_fact(one: Entry, other: Entry) -> bool:
    """True when both say the same of the same subject and attribute.

    Equal are statements with the same telling words and the same names in the same order: "her
    eyes are green" and "green" of an eye colour, but not "Ann met Bo" and "Bo met Ann".
    """
    if not same_topic(one, other):
        return False
    if normalise(one.statement) == normalise(other.statement):
        return True
    about = " ".join((*sorted(one.names | other.names), one.topic[1]))
    return bool(one.attribute) and _value(one.statement, about) == _value(other.statement, about)


def same_topic(one: Entry, other: Entry) -> bool:
    """True when both are about the same attribute of one subject, by whichever of its names."""
    return one.topic[1] == other.topic[1] and not one.names.isdisjoint(other.names)


@lru_cache(maxsize=10_000)
def _value(statement: str, about: str) -> Value:
    """Return the words of ``statement`` that tell something of its topic, and the names in it."""
    topic = about.split()
    telling = [w for w in normalise(statement).split() if _tells(w, topic)]
    if _HAN.search(statement):
        return frozenset((_han_run(telling, topic),)), ()
    capitals = (normalise(w) for w in statement.split()[1:] if w[:1].isupper())
    names = tuple(word for word in capitals if _tells(word, topic))
    return frozenset(telling or [normalise(statement)]), names


def _tells(word: str, topic: Sequence[str]) -> bool:
    """True unless ``word`` only makes a sentence of the topic's own words."""
    return word not in _FILLERS and not any(
        word == told or (len(told) > 2 and word.startswith(told)) for told in topic
    )


def _han_run(telling: Sequence[str], topic: Sequence[str]) -> str:
    run = "".join(telling)
    for word in sorted((w for w in topic if _HAN.search(w)), key=len, reverse=True):
        run = run.replace(word, "")
    return _HAN_FILLERS.sub("", run)
