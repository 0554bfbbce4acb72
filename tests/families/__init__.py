"""Servers as people run them, faked from the threads that describe them, and whole runs on each.

A request goes through ``serving`` (one HTTP server, one path a fake), ``fake`` (what every fake
does) and the class of its row, which changes one thing; what is answered comes from ``model``,
which is the simulated server's writer behind a model that needs to be told the form it is to fill.
"""
