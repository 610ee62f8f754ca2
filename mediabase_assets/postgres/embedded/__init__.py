"""The server that the project starts itself: its programs, its cluster, its life."""
