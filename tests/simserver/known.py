"""Requests whose reading is given: what a model that reads well makes of them, whoever asks.

Whatever method writes the text, its prompts hold the request. By that the task is found, and by a
line ``Title:`` or ``Step:`` the unit that is asked for; without one it is the whole text. Each
phrase due in a unit is forgotten with the same probability, whoever asks, and so is the rule that
phrases stand nowhere else; lengths are off by the same share.
"""

import re
from typing import Any

from tests.simserver import requirements as patterns
from tests.simserver.ask import Ask, text_of
from tests.simserver.config import Due, KnownTask, SimConfig
from tests.simserver.facts import find, known_as, plain, stated_in, statements, tongue_of
from tests.simserver.prose import Composer

_STEP_WORDS = 400
"""Words of a step in a plan of a text without units."""
_ABOVE = 1.1
"""What is aimed at, over the fewest words a unit may have."""
_REMEMBERED = 16
"""Facts that a rolling memory holds, the newest, beside what else it says: 20 sentences in all."""
_ENOUGH = 0.97
"""Share of the words aimed at with which a text counts as finished."""


def task_of(ask: Ask, config: SimConfig) -> KnownTask | None:
    """Return the task whose request stands in the messages, if any does."""
    if not config.known:
        return None
    text = "\n".join(text_of(message) for message in ask.messages)
    return next((task for task in config.known if task.request in text), None)


def requirements(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return what a request fixes: as given, or as simple patterns find it."""
    found = patterns.requirements(ask, config)
    task = task_of(ask, config)
    if task is None:
        return found
    listed = [_placed(due, bool(task.alone)) for due in task.due]
    if task.unit_words:
        listed.append(_item(task.unit_line, "length", "all", min_words=task.unit_words))
    if task.length_line and (task.least or task.most):
        bounds = {"min_words": task.least, "max_words": task.most}
        listed.append(_item(task.length_line, "length", "whole", **bounds))
    return found | {
        "words": None if task.units else task.words,
        "units": task.units or None,
        "unit_title": task.heading,
        "opening": task.heading,
        "closing": task.ending,
        "requirements": listed,
    }


def write(ask: Ask, config: SimConfig) -> str | None:
    """Return the text of the unit, or of all units, that is asked for; None: no known task."""
    task = task_of(ask, config)
    if task is None:
        return None
    told = ask.prompt.field("Step") or ask.prompt.field("Title")
    if not task.units:
        return None if ask.prompt.section else _free(told, task, ask, config)
    numbers = _numbers(told, task) or list(range(1, task.units + 1))
    planted = _Planted(ask, config)
    parts = (_unit(n, task, ask, config, planted, alone=len(numbers) == 1) for n in numbers)
    return "\n\n".join(parts)


def plan(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return steps with word counts: one for each unit, or of some 400 words each."""
    task = task_of(ask, config)
    if task is not None and task.units:
        return {"steps": [_step(n, task) for n in range(1, task.units + 1)]}
    total = task.words if task else 1000
    count = max(1, round(total / _STEP_WORDS))
    purpose, dice = tongue_of(ask.prompt).purpose, ask.dice
    return {
        "steps": [
            {
                "point": f"Part {n}: {purpose(dice.random(f'step/{n}'), f'part {n}')}",
                "words": total // count,
            }
            for n in range(1, count + 1)
        ]
    }


def memory(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return a rolling memory, what could come next, and whether the text is finished."""
    task = task_of(ask, config)
    tongue, rng = tongue_of(ask.prompt), ask.dice.random("memory")
    facts = [s.quote for tag in ("memory", "added") for s in find(ask.prompt.block(tag))]
    said = [tongue.sentence(rng, 12) for _ in range(4)]
    remembered = tongue.gap.join((*said, *facts[-_REMEMBERED:]))
    done = _numbers(ask.prompt.field("Done"), task)
    if task is not None and task.units:
        last = done[-1] if done else 0
        step = _step(min(last + 1, task.units), task)
        finished = last >= task.units
    else:
        so_far = sum(ask.prompt.numbers("Words so far"))
        total = task.words if task else 1000
        left = max(total - so_far, 30)
        step = {"point": tongue.purpose(rng, "the next part"), "words": min(left, _STEP_WORDS)}
        finished = so_far >= total * _ENOUGH
    return {
        "memory": remembered,
        "plans": [f"{step['point']} ({step['words']} words)"],
        "finished": finished,
    }


def choice(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return the first of the plans."""
    return {"plan": ask.prompt.field("Option 1")}


def _free(told: str, task: KnownTask, ask: Ask, config: SimConfig) -> str:
    """Return prose without units, of the words the step asks for, or of the whole's."""
    said = re.search(r"\((\d+) words\)", told)
    asked = ask.prompt.numbers("Length") or [int(said.group(1)) if said else task.words]
    words = round(asked[0] * _factor(ask, config, "length"))
    return Composer(ask, config, ask.prompt.block("sofar")).compose(max(words, 1), [])


class _Planted:
    """The facts that units state, known from all that the prompt shows and was written since."""

    def __init__(self, ask: Ask, config: SimConfig) -> None:
        self._ask, self._config = ask, config
        self._there = bool(config.facts or config.needs)
        self._told = list(find(ask.prompt.user)) if self._there else []

    def of(self, number: int) -> list[str]:
        """Return the sentences of a unit's facts, but for those that its text has already."""
        if not self._there:
            return []
        prompt, config = self._ask.prompt, self._config
        if prompt.section:
            there = plain(prompt.block("sofar"))
            return [s for s in statements(prompt, config) if plain(s) not in there]
        written = stated_in(f"s{number}", prompt, config, self._known)
        self._told += find("\n".join(written))
        return written

    def _known(self, subject: str, attribute: str) -> str | None:
        """Return the last value in sight, under any name: here a reader takes them for one."""
        names = {plain(name) for name in known_as(self._config, subject)}
        values = (
            s.value
            for s in reversed(self._told)
            if plain(s.attribute) == plain(attribute) and plain(s.subject) in names
        )
        return next(values, None)


def _unit(
    number: int,
    task: KnownTask,
    ask: Ask,
    config: SimConfig,
    planted: _Planted,
    *,
    alone: bool,
) -> str:
    """Return one unit, or more of it.

    The heading of a section, and what closes the text, are the application's own concern.
    """
    so_far = ask.prompt.block("sofar") if ask.prompt.section else ""
    composer = Composer(ask, config, so_far, f"prose/{number}")
    rng = ask.dice.random(f"owed/{number}")
    owed = [composer.tongue.saying(rng, p) for p in _phrases(number, task, ask, config, so_far)]
    owed += planted.of(number)
    more = ask.prompt.asked(r"Write about (\d+) more ")
    if more is None:
        asked = ask.prompt.numbers("Length") if alone else []
        more = (asked or [_aim(task)])[0]
    words = round(more * _factor(ask, config, f"length/{number}"))
    text = composer.compose(max(words, 1), owed)
    if ask.prompt.section and alone:
        return text
    closing = f"\n\n{task.ending}" if task.ending and number == task.units else ""
    return f"{task.heading.replace('{n}', str(number))} {text}{closing}"


def _phrases(number: int, task: KnownTask, ask: Ask, config: SimConfig, so_far: str) -> list[str]:
    """Return the phrases written into a unit: those due but for the forgotten, and slips.

    A draft that is to be written again keeps those it has.
    """
    rate, dice = config.forget_probability, ask.dice
    kept = [d.phrase for d in task.due if d.phrase in ask.prompt.block("draft")]
    due = [d.phrase for d in task.due if number in d.units]
    said = kept + [p for p in due if not dice.chance(rate, f"forget/{number}/{p}")]
    elsewhere = [d.phrase for d in task.due if number not in d.units]
    if not kept and elsewhere and task.alone and dice.chance(rate, f"forget/{number}/alone"):
        said.append(dice.pick(elsewhere, f"slip/{number}"))
    return [phrase for phrase in dict.fromkeys(said) if phrase not in so_far]


def _factor(ask: Ask, config: SimConfig, label: str) -> float:
    error = config.length_error * (2 * ask.dice.unit(label) - 1)
    return config.length_factor * (1 + error)


def _numbers(told: str, task: KnownTask | None) -> list[int]:
    """Return the units that a title or a step names."""
    if task is None or not task.units:
        return []
    found = re.search(rf"{re.escape(task.unit)}s?\s*(\d+)(?:\s*(?:-|–|to|至|到)\s*(\d+))?", told)
    if found is None:
        return []
    return list(range(int(found.group(1)), int(found.group(2) or found.group(1)) + 1))


def _aim(task: KnownTask) -> int:
    return round(task.unit_words * _ABOVE)


def _step(number: int, task: KnownTask) -> dict[str, Any]:
    due = ", ".join(d.phrase for d in task.due if number in d.units)
    told = [*([due] if due else []), *task.points[number - 1 : number]]
    point = f"{task.unit} {number}" + (f": {' '.join(told)}" if told else "")
    return {"point": point, "words": _aim(task)}


def _placed(due: Due, alone: bool) -> dict[str, Any]:
    """Return a phrase as a requirement, with its place; ``alone``: it may stand nowhere else."""
    units, said = due.units, {"phrases": [due.phrase], "only_there": alone}
    item = _item(due.line, "must_contain", "once", first=units[0], **said)
    if len(units) == 1:
        return item
    step = units[1] - units[0]
    if step == 1:
        return item | {"scope": "range", "last": units[-1]}
    return item | {"scope": "periodic", "every": step}


def _item(line: str, kind: str, scope: str, **more: Any) -> dict[str, Any]:
    return {"quote": line, "text": line, "kind": kind, "scope": scope} | more
