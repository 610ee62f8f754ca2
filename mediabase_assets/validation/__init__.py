"""The migration checked as a whole: round trip, census of leaves, query benchmark."""
