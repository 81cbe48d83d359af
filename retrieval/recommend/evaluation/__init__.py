"""Measuring recommenders: a form of data a file, the figures, and the run."""
