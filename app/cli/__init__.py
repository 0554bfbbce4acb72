"""The command line: options and help; what a command does is in ``commands``."""
