"""What a run has to report: report.json, report.md and memory.json."""
