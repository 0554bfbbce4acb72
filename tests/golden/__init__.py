"""Runs recorded once and held byte for byte: names and folders may move, what is sent may not."""
