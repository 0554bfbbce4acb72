"""From a request to constraints and an outline."""
