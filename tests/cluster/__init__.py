"""More than one machine: real PostgreSQL, Chroma and Ray on this one (``make test-cluster``)."""
