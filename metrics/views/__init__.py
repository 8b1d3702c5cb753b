"""The researcher's pages of metrics."""
