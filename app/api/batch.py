"""``inkwright.write_batch``: many pieces from Python, blocking and async."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

from inkwright.agents.llm.config import Limits
from inkwright.agents.llm.events import ignore_event
from inkwright.app.api.runs import RunKeywords, build_ablation, build_limits, run_blocking
from inkwright.app.batch.batch import run_batch
from inkwright.app.batch.input import FieldNames, build_lines, read_defaults
from inkwright.app.batch.options import BatchOptions, BatchOutcome, Engine, Mode, Retry
from inkwright.app.batch.results import Result, ResultsFile
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.export.formats import Format
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import BadInput

BriefLike = Brief | Mapping[str, Any] | str | Path


@dataclass(frozen=True)
class Batch:
    """What a batch came to."""

    results: tuple[Result, ...]
    """In the order of the briefs; those that were not finished are missing."""
    outcome: BatchOutcome = field(repr=False)
    """Counts, calls of this run, and what stopped it."""


class BatchKeywords(RunKeywords, total=False):
    """What a batch can be given; ``max_calls`` and its like are for the whole of it."""

    out: Path | str | None
    """File for the results, one line each; what stands there is not written again."""
    concurrency: int | None
    """Model calls in flight, over all works."""
    defaults: Mapping[str, Any] | Path | str | None
    """Keys of a brief that all share, or a YAML file with them."""
    prompt_field: str | None
    """Field of a mapping that holds the request."""
    id_field: str | None
    """Field of a mapping that is its id."""
    each: Limits | None
    """What every brief may spend."""
    retry: Iterable[Retry]
    mode: Mode
    formats: Iterable[Format]
    """Files of the manuscripts, in a folder beside ``out``."""
    engine: Engine
    workers: int | None
    on_result: Callable[[Result], None]
    """Called with each result as it comes."""


def write_batch(briefs: Iterable[BriefLike], **options: Unpack[BatchKeywords]) -> Batch:
    """Write many pieces side by side; ``on_result`` is told each as it finishes.

    A brief is whatever ``write`` takes, or a mapping with a brief's keys, an ``id`` and fields of
    your own. With ``out``, results are lines of that file too, and what stands there is not written
    again; with ``formats``, manuscripts are files too, in a folder beside it. ``max_calls`` and its
    like are for the batch; ``each`` is for every brief. ``engine="ray"`` writes on a Ray cluster.

    >>> import inkwright
    >>> found = inkwright.write_batch([{"id": "a", "request": "A note on tides.", "words": 100}])
    >>> [(r.id, r.status in ("complete", "flagged")) for r in found.results]
    [('a', True)]

    Raises:
        BadInput: two briefs have the same id, or settings, library or output cannot be used.
    """
    return run_blocking(lambda: awrite_batch(briefs, **options))


async def awrite_batch(briefs: Iterable[BriefLike], **options: Unpack[BatchKeywords]) -> Batch:
    """As ``write_batch``, for a program with an event loop of its own."""
    if options.get("fresh"):
        raise BadInput("a batch cannot begin all works afresh; change an id, or the seed")
    settings = options.get("settings") or Settings.load()
    if (concurrency := options.get("concurrency")) is not None:
        settings = settings.model_copy(update={"concurrency": concurrency})
    endpoints.resolve_models(settings)
    defaults = options.get("defaults")
    if isinstance(defaults, str | Path):
        defaults = read_defaults(Path(defaults))
    field_names = FieldNames(options.get("prompt_field"), options.get("id_field"), defaults)
    batch_options = BatchOptions(
        ablation=build_ablation(options),
        batch_limits=build_limits(options),
        brief_limits=options.get("each") or Limits(),
        retry=frozenset(options.get("retry", ())),
        mode=options.get("mode", "whole"),
        formats=tuple(dict.fromkeys(options.get("formats", ()))),
        engine=options.get("engine", "local"),
        workers=options.get("workers"),
    )
    lines = build_lines(briefs, field_names, batch_options.ablation)
    results_by_id: dict[str, Result] = {}

    def record_result(result: Result) -> None:
        results_by_id[result.id] = result
        if (on_result := options.get("on_result")) is not None:
            on_result(result)

    run_options = RunOptions(settings, Limits(), options.get("watch", ignore_event))
    out = options.get("out")
    path = Path(out) if out is not None else None
    outcome = await run_batch(lines, run_options, batch_options, out=path, emit=record_result)
    if path is not None:
        results_by_id |= {r.id: r for r in ResultsFile.read(path)}
    return Batch(
        tuple(results_by_id[line.id] for line in lines if line.id in results_by_id), outcome
    )
