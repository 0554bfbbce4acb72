"""Whom or what a fact is about, read off the text where a model does not say, or makes it up."""

from collections.abc import Collection

import regex

from inkwright.agents.extraction.quote_location import STEM_LETTERS
from inkwright.memory.text.names import names_in, terms
from inkwright.memory.text.normalise import normalise

MAX_SUBJECT_WORDS = 5
_NAME = regex.compile(
    r"\p{Lu}[\p{L}\p{M}'’\-]+(?:[ ](?:(?:of|de|la|van|von|del|da)[ ])?\p{Lu}[\p{L}\p{M}'’\-]+)*"
)
_FIRST_VERB = regex.compile(
    r"[ ](?:is|are|was|were|has|have|had|will|would|can|could|must|shall|should|may|might|does|do"
    r"|did|cannot|who|which|that|ist|sind|war|hat|est|sont|était|es|son|era|tiene)[ ]"
)
_LIKELY_VERB = regex.compile(
    r"(?<=\p{Lu}[\p{L}’']+|[\p{L}’']{2}[ ][\p{L}’']*)[ ]\p{Ll}+(?:[^su\W]s|ed)[ ]"
)
_PREPOSITION = regex.compile(r"[ ](?:of|in|on|at|with|from|to|for|by|into|over|under)[ ]")
_POSSESSIVE = regex.compile(r"['’]s?$")
_MARKS = regex.compile(r"^[\s#*>\-\d.]+")
_END = regex.compile(r"[,;:.!?]|$")
_HAN_SUBJECT = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}]{2,8}?(?=[是在有的了将会从把被，。]|$)"
)
_ARTICLES = frozenset(normalise("a an the this that these those its their our my your his").split())
_OPENERS = _ARTICLES | frozenset(
    normalise(
        """he she it they we i you her in on at as when while after before if then there here but
        and or so yet for with from by to of no not every each all some one finally first firstly
        second secondly third however additionally also based given according"""
    ).split()
)
_ADVERBS = frozenset(normalise("currently now also still only already always never often").split())


def is_in_text(subject: str, text: str) -> bool:
    """True when ``text`` names ``subject``, by all of its words or by the telling ones."""
    if names_in(text).mentions(normalise(subject)):
        return True
    stems = {term[:STEM_LETTERS] for term in terms(text)}
    subject_terms = terms(subject) - _OPENERS
    return bool(subject_terms) and {term[:STEM_LETTERS] for term in subject_terms} <= stems


def find_subject(statement: str, passage: str, known_names: Collection[str]) -> str:
    """Return whom or what ``statement`` is about; ``passage`` is where the text states it.

    A known name is taken before any other word, and what the statement says before what only the
    passage does. Empty when neither has a subject.
    """
    for source in (statement, passage):
        names = [n for n in known_names if n.strip() and names_in(source).mentions(normalise(n))]
        if names:
            return min(names, key=lambda name: (_find_place(source, name), -len(name)))
    for source in (statement, passage):
        if subject := _find_head(source) or _find_name(source):
            return subject
    return ""


def _find_place(source: str, name: str) -> int:
    place = source.casefold().find(name.casefold())
    return place if place >= 0 else len(source)


def _find_name(sentence: str) -> str:
    """Return the first word or words with a capital inside a sentence."""
    names = (m.group() for m in _NAME.finditer(sentence) if m.start())
    return next((_POSSESSIVE.sub("", name) for name in names), "")


def _find_head(sentence: str) -> str:
    """Return what stands before the first verb, without its article; empty for a pronoun."""
    sentence = _MARKS.sub("", sentence)
    if match := _HAN_SUBJECT.match(sentence):
        return match.group()
    for end_of_head in (_FIRST_VERB, _LIKELY_VERB, _PREPOSITION, _END):
        match = end_of_head.search(sentence)
        if match is None:
            continue
        head_words = [w for w in sentence[: match.start()].split() if w.casefold() not in _ADVERBS]
        if head_words and normalise(head_words[0]) in _ARTICLES:
            head_words = head_words[1:]
        if not head_words or normalise(head_words[0]) in _OPENERS:
            return ""
        if len(head_words) <= MAX_SUBJECT_WORDS:
            return " ".join(head_words)
    return ""
