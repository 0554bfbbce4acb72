"""Real vLLM on the CPU, with a small real model: ``make vllm test-vllm``."""
