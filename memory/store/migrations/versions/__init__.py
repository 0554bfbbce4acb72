"""One module a version of the schema, in order; the newest is ``schema.REVISION``."""
