"""Every number we publish, re-runnable; `python -m benchmarks.run` writes RESULTS.md."""
