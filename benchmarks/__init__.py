"""What is measured: speed, cost, writing. Each module is one command; results stand in the README."""
