"""Running vLLM for this load: where it is, how it is started, and what its metrics say."""
