"""Models that can write on a CPU, by a short name: open licences, 1.5 to 8 billion parameters.

Size and SHA-256 are asked of the hub when one is fetched; the sizes here are only for the list.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class CatalogueModel:
    """One model that ``inkwright model get`` knows by name."""

    name: str
    repo: str
    file: str
    licence: str
    size_gb: float
    """About, in 10^9 bytes. It takes as much memory, and 1 to 3 GB for contexts."""
    purpose: str
    """What it is good for, in a few words."""


CATALOGUE = (
    CatalogueModel(
        "qwen2.5-1.5b",
        "Qwen/Qwen2.5-1.5B-Instruct-GGUF",
        "qwen2.5-1.5b-instruct-q4_k_m.gguf",
        "Apache-2.0",
        1.1,
        "a first try on a small machine: short pieces, many languages",
    ),
    CatalogueModel(
        "qwen3-4b",
        "unsloth/Qwen3-4B-Instruct-2507-GGUF",
        "Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
        "Apache-2.0",
        2.5,
        "the one to begin with on 8 GB: keeps to instructions, many languages, no thinking",
    ),
    CatalogueModel(
        "mistral-7b",
        "bartowski/Mistral-7B-Instruct-v0.3-GGUF",
        "Mistral-7B-Instruct-v0.3-Q4_K_M.gguf",
        "Apache-2.0",
        4.4,
        "plain English prose, on 12 GB or more",
    ),
    CatalogueModel(
        "granite-8b",
        "ibm-granite/granite-3.3-8b-instruct-GGUF",
        "granite-3.3-8b-instruct-Q4_K_M.gguf",
        "Apache-2.0",
        4.9,
        "reports and handbooks, answers by form, on 12 GB or more",
    ),
)
