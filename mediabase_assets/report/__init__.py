"""What exists and what was done, for people and for programs. Reads only."""
