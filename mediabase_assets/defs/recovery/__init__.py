"""Going back, and the proof that it works: jobs that nobody starts by accident."""
