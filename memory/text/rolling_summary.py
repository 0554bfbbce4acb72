"""Short-term memory: the rolling summary of the chain a section stands in.

RecurrentGPT (Zhou et al. 2023, arXiv:2305.13304) lets the model rewrite one summary at each step,
so an early slip is copied on for ever. Here the summary is derived afresh from the accounts of the
chain's sections, each written once from its own text: the newest whole, older ones by their first
sentence, until the budget is used.
"""

from collections.abc import Callable, Sequence

from inkwright.memory.text.words import sentences


def build_rolling_summary(
    titled_summaries: Sequence[tuple[str, str]],
    budget_tokens: int,
    count_tokens: Callable[[str], int],
) -> str:
    """Return the summary of a chain from its (title, account) pairs, first to last.

    Never longer than ``budget_tokens``; empty when nothing fits.
    """
    lines: list[str] = []
    used_tokens = 0
    show_whole = True
    for title, section_summary in reversed(titled_summaries):
        if not section_summary.strip():
            continue
        line = f"- {title}: {section_summary}"
        if not show_whole or used_tokens + count_tokens(line) + 1 > budget_tokens:
            show_whole = False
            line = f"- {title}: {sentences(section_summary)[0].text}"
        line_tokens = count_tokens(line) + 1
        if used_tokens + line_tokens > budget_tokens:
            break
        lines.append(line)
        used_tokens += line_tokens
    return "\n".join(reversed(lines))
