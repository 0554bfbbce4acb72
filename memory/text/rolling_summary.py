"""Short-term memory: the rolling summary of the chain a section stands in.

RecurrentGPT (Zhou et al. 2023, arXiv:2305.13304) lets the model rewrite one summary at each step,
so an early slip is copied on for ever. Here the summary is derived afresh from the accounts of the
chain's sections, each written once from its own text: the newest whole, older ones by their first
sentence, until the budget is used.
"""

from collections.abc import Callable, Sequence

from inkwright.memory.text.words import sentences


def rolling(
    accounts: Sequence[tuple[str, str]], budget_tokens: int, count: Callable[[str], int]
) -> str:
    """Return the summary of a chain from its (title, account) pairs, first to last.

    Never longer than ``budget_tokens``; empty when nothing fits.
    """
    lines: list[str] = []
    spent = 0
    whole = True
    for title, account in reversed(accounts):
        if not account.strip():
            continue
        line = f"- {title}: {account}"
        if not whole or spent + count(line) + 1 > budget_tokens:
            whole = False
            line = f"- {title}: {sentences(account)[0].text}"
        size = count(line) + 1
        if spent + size > budget_tokens:
            break
        lines.append(line)
        spent += size
    return "\n".join(reversed(lines))
