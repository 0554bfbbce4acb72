"""Property tests with few examples."""

from tests import properties

properties.few()
