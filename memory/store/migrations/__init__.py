"""Alembic migrations of the library's schema."""
