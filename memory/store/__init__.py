"""The library: its tables and every read and write of them."""
