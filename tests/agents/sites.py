"""The call sites: small works, each of which asks for one kind of answer, and how it does without.

Every work is a whole run over HTTP. Those of the planner stop at the outline; the others bring
their outline along, so that they begin with the writer.
"""

from dataclasses import dataclass
from typing import Any, Literal

from tests.agents.small_runs import Small

FIVE = "A report for the harbour office on the state of its five oldest boats."
LONG = FIVE + " The report must be plain. " + "The boats are old and the quay is low. " * 60
TWO = ({"title": "Lamp", "purpose": "The lamp."}, {"title": "Boat", "purpose": "The boat."})
FACT = {"section": "s1", "subject": "Mara", "attribute": "eye colour", "value": "green"}
NEED = {"section": "s2", "subject": "Mara", "attribute": "eye colour", "wrong": "brown"}
KIND = {"text": "It must be kind to the boats", "where": "all"}

Without = Literal["error", "partial", "flagged", "complete", "planned"]


@dataclass(frozen=True, kw_only=True)
class Site(Small):
    """One place in the code where a model is asked, and a work that asks there."""

    match: dict[str, Any]
    """Which requests are its own, as a fault rule matches them."""
    without: Without
    """How a run ends that never gets a usable answer here; ``error``: a typed ModelError."""
    says: str = ""
    """What the report says then."""
    words: bool = False
    """The answer holds words of the model's own, so that it can be in the wrong language."""
    prose: bool = False
    request: str = FIVE


def planner(
    name: str, match: dict[str, Any], without: Without, says: str = "", **more: Any
) -> Site:
    """A site that a run reaches before its outline stands."""
    about = {"name": name, "match": match, "without": without, "says": says}
    return Site(**{"until": "planned", "brief": {"words": 120}, **about, **more})


def section(
    name: str, match: dict[str, Any], without: Without, says: str = "", **more: Any
) -> Site:
    """A site that a run reaches after its outline stands."""
    about = {"name": name, "match": match, "without": without, "says": says}
    brief = {"words": 120, "outline": TWO, "continuity": "free", **more.pop("brief", {})}
    return Site(**{**about, "arms": {"plan": "given"}, "brief": brief, **more})


SITES = (
    planner(
        "requirements", {"schema": "Requirements"}, "planned", "requirements could not be read"
    ),
    planner(
        "instructions",
        {"schema": "Instructions"},
        "planned",
        "could not be searched",
        request=LONG,
        arms={"plan": "none"},
        context_tokens=2048,
    ),
    planner(
        "outline",
        {"schema": "Sections", "contains": "Plan the sections below"},
        "planned",
        "asked for in smaller questions",
        words=True,
    ),
    planner(
        "chapters",
        {"schema": "Chapters"},
        "planned",
        "the titles of the chapters alone were asked for",
        words=True,
        brief={"words": 200, "constraints": [{"text": "Name the quay", "where": 13}]},
    ),
    planner(
        "details",
        {"schema": "Sections", "contains": "Fill in what each is for"},
        "planned",
        "stay without a purpose",
        words=True,
        brief={"outline": [{"title": "Lamp"}, {"title": "Boat"}]},
    ),
    planner("entries", {"schema": "Cast"}, "planned", "no memory entries of its own", words=True),
    planner(
        "plan check",
        {"schema": "PlanReview"},
        "planned",
        "outline was not reviewed",
        words=True,
        brief={"words": 200, "constraints": [{"text": "Name the quay", "where": 7}]},
        sim={"plan_faults": ["s2"]},
    ),
    section(
        "write",
        {"role": "writer", "contains": "You are the writer. Write"},
        "partial",
        "s1 is missing",
        prose=True,
    ),
    section(
        "continue",
        {"role": "writer", "contains": "Repeat nothing"},
        "flagged",
        "its length could not be put right",
        prose=True,
        sim={"length_factor": 0.4},
    ),
    section("remember", {"schema": "Delta"}, "complete", "is not in memory", words=True),
    section(
        "check",
        {"schema": "Verdicts"},
        "flagged",
        "not reviewed",
        brief={"constraints": [KIND]},
    ),
    section(
        "patch",
        {"schema": "Edits"},
        "flagged",
        "not revised",
        words=True,
        brief={"constraints": [KIND]},
        sim={"judge_fails": [{"constraint": "c1"}]},
    ),
    section(
        "trim",
        {"schema": "Cuts"},
        "flagged",
        "its length could not be put right",
        sim={"length_factor": 1.5},
    ),
    section(
        "settle",
        {"schema": "Contradictions"},
        "complete",
        "not settled",
        sim={"facts": [FACT], "needs": [NEED]},
    ),
    section(
        "settling patch",
        {"schema": "Edits"},
        "complete",
        "could not be patched",
        words=True,
        sim={"facts": [FACT], "needs": [NEED]},
    ),
)


@dataclass(frozen=True)
class Work:
    """A work that passes several sites."""

    site: Site
    """Its brief, arms and server; named for what it is about."""
    matches: tuple[dict[str, Any], ...]
    """The requests of each site it passes."""


def _matches(*names: str) -> tuple[dict[str, Any], ...]:
    return tuple(site.match for site in SITES if site.name in names)


def _site(name: str) -> Site:
    return next(site for site in SITES if site.name == name)


WORKS = (
    Work(
        _site("chapters"), _matches("requirements", "outline", "chapters", "entries", "plan check")
    ),
    Work(_site("instructions"), _matches("instructions")),
    Work(_site("details"), _matches("requirements", "details", "entries")),
    Work(
        section(
            "sections",
            {},
            "complete",
            brief={"constraints": [KIND]},
            sim={
                "length_factor": 0.4,
                "judge_fails": [{"constraint": "c1"}],
                "facts": [FACT],
                "needs": [NEED],
            },
        ),
        (
            *_matches("write", "continue", "remember", "check", "settle"),
            {"schema": "Edits", "contains": "- [c1]"},
            {"schema": "Edits", "contains": "- [s1.1]"},
        ),
    ),
    Work(_site("trim"), _matches("write", "remember", "trim")),
)
