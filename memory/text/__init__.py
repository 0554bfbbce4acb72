"""Text as it is measured: words, tokens, names, differences, repetition."""
