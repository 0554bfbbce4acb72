"""Unit tests: no library on disk, no model, no HTTP. ``make test-unit`` runs them."""

from tests import properties

properties.few()
