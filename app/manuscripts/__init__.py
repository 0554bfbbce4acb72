"""Manuscripts: put together, imported, cited, and compared with what the library has."""
