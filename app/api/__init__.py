"""What ``import inkwright`` offers."""
