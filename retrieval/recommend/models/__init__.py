"""The models that score products, one a file."""
