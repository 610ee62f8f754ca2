"""What people see of the project in a terminal: plans, questions, progress, tables, and errors.

Here belong the words and how they are laid out; what they tell is read elsewhere (`status`, `runner`). Modules that
short commands need import neither Dagster nor pandas, so that those answer at once.
"""
