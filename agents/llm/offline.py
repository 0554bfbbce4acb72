"""Keeps the libraries we stand on from talking to anyone but the model endpoint.

Some of them send usage reports, upload traces when the environment inherited from another project
says so, or fetch a table at import. All of that is decided by environment variables read when they
are imported, so an adapter calls ``stay_offline`` before it imports its vendor.
"""

import os
from importlib.util import find_spec
from pathlib import Path

OFFLINE = {
    # LiteLLM fetches its price map, header table and news at import or first use.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    # Traces. LangSmith reads the _V2 names first, and LANGSMITH_ before LANGCHAIN_.
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING": "false",
    "OTEL_SDK_DISABLED": "true",
    "CHROMA_OTEL_COLLECTION_ENDPOINT": "",
    # Usage reports.
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "VLLM_NO_USAGE_STATS": "1",
    # Settings from a `.env` above the packages, which may be in a stranger's folder: LiteLLM's and
    # magika's import would add them to ours.
    "PYTHON_DOTENV_DISABLED": "1",
    # Model hub look-ups.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}


def stay_offline() -> None:
    """Set this process's environment so that no library fetches, traces or reports anything.

    Also points tiktoken at the encodings that LiteLLM carries. What the environment said before
    is overridden; calling it again changes nothing.
    """
    os.environ.update(OFFLINE)
    encodings = _find_packaged_encodings()
    if encodings:
        os.environ["TIKTOKEN_CACHE_DIR"] = str(encodings)
        # LiteLLM would set the former from the latter when imported.
        os.environ["CUSTOM_TIKTOKEN_CACHE_DIR"] = str(encodings)


def _find_packaged_encodings() -> Path | None:
    """Return LiteLLM's folder of tiktoken encodings, without the seconds its import takes."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "litellm_core_utils" / "tokenizers"
    return folder if folder.is_dir() else None
