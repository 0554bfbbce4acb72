"""How people use Inkwright: command line, user interface, engine, batches, export."""
