"""What people see of the project in a terminal: plans, questions, progress, tables, and errors.

Contains the words and their layout; the facts are read in `report`, `rehearsal` and `runs`. Modules that short commands
need import neither Dagster nor pandas, so that those answer at once.
"""
