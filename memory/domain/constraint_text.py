"""Wordings for constraints that were given without one, from what their fields say."""

from collections.abc import Callable, Mapping

ConstraintFields = Mapping[str, object]


def word_constraint(kind: object, fields: ConstraintFields) -> str | None:
    """Return the constraint in plain words; None where its fields say too little.

    Fields that are wrong are refused later: here they only must do no harm.
    """
    word_fields = _WORDING_OF.get(kind) if isinstance(kind, str) else None
    return (word_fields(fields) or None) if word_fields else None


def _word_phrases(fields: ConstraintFields, demand: str) -> str:
    phrases = fields.get("phrases")
    if not isinstance(phrases, (list, tuple)) or not phrases:
        return ""
    return f"It {demand} say " + ", ".join(f'"{p}"' for p in phrases)


def _word_length(fields: ConstraintFields) -> str:
    bounds = (("about", "about_words"), ("at least", "min_words"), ("at most", "max_words"))
    bound_texts = [f"{relation} {fields[key]}" for relation, key in bounds if fields.get(key)]
    length_unit = fields.get("counted", "words")
    unit = "words, and characters" if length_unit == "either" else length_unit
    return f"{', '.join(bound_texts).capitalize()} {unit}" if bound_texts else ""


def _word_pattern(fields: ConstraintFields) -> str:
    demand = "must not" if fields.get("absent") else "must"
    return f"It {demand} match {fields['pattern']}" if fields.get("pattern") else ""


def _word_format(fields: ConstraintFields) -> str:
    if fields.get("format"):
        return f"Format: {fields['format']}"
    ends = (("begins with", "opens"), ("ends with", "closes"))
    end_texts = [f'{relation} "{fields[key]}"' for relation, key in ends if fields.get(key)]
    return f"The text {' and '.join(end_texts)}" if end_texts else ""


def _word_grade(fields: ConstraintFields) -> str:
    bounds = (("at least", "min_grade"), ("at most", "max_grade"))
    bound_texts = [
        f"{relation} {fields[key]}" for relation, key in bounds if fields.get(key) is not None
    ]
    return f"Flesch-Kincaid grade {' and '.join(bound_texts)}" if bound_texts else ""


def _word_sections(fields: ConstraintFields) -> str:
    names = fields.get("sections")
    if not isinstance(names, (list, tuple)) or not names:
        count_text = _word_count(fields)
        return f"{count_text} chapters or sections" if count_text else ""
    return f"Sections in this order: {', '.join(str(name) for name in names)}"


def _word_count(fields: ConstraintFields) -> str:
    low, high = fields.get("min_count"), fields.get("max_count")
    if low and low == high:
        return f"Exactly {low}"
    bounds = (("at least", low), ("at most", high))
    return " and ".join(f"{relation} {n}" for relation, n in bounds if n).capitalize()


def _word_block(fields: ConstraintFields) -> str:
    if not fields.get("block"):
        return ""
    count_text = _word_count(fields)
    place = f" at the {fields['at']}" if fields.get("at") else ""
    if fields["block"] in ("list", "numbered list", "checklist"):
        count_text = f" of {count_text.lower()} items" if count_text else ""
        return f"A {fields['block']}{count_text}{place}"
    return f"{count_text or 'At least 1'} {fields['block']}{place}"


def _word_field(key: str, form: str) -> Callable[[ConstraintFields], str]:
    return lambda params: form.format(params[key]) if params.get(key) else ""


_WORDING_OF: Mapping[str, Callable[[ConstraintFields], str]] = {
    "must_contain": lambda params: _word_phrases(params, "must"),
    "must_not_contain": lambda params: _word_phrases(params, "must not"),
    "banned": lambda params: _word_phrases(params, "must not"),
    "length": _word_length,
    "pattern": _word_pattern,
    "format": _word_format,
    "language": _word_field("language", "Language: {}"),
    "point_of_view": _word_field("person", "Told in the {} person"),
    "tense": _word_field("tense", "Told in the {} tense"),
    "reading_level": _word_grade,
    "structure": _word_sections,
    "block": _word_block,
    "citation": _word_field("style", "Citation style: {}"),
}
