"""What is measured: speed, cost, writing. Each module is a command; results: docs/measured.md."""
