"""Ids: opaque strings, each with a type of its own, so that one is not taken for another.

An id is made where its thing begins, and read from the library. Nothing looks inside one.
"""

from typing import NewType

WorkId = NewType("WorkId", str)
"""A brief and everything made from it, in its library."""
NO_WORK = WorkId("")
"""In place of an id: what belongs to no single work."""
SectionId = NewType("SectionId", str)
"""A section of a work's outline; never given to another section of that work."""
HeadingId = NewType("HeadingId", str)
"""A chapter or another heading of a work's outline."""
ConstraintId = NewType("ConstraintId", str)
"""A constraint of a work."""
EntryId = NewType("EntryId", str)
"""An entry of a work's memory, the same in all its versions."""
