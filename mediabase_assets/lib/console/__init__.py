"""What people see of the project in a terminal: plans, questions, progress, tables, and errors.

Here belong the words and how they are laid out; what they tell is read elsewhere (`status`, `runner`). Dagster and pandas
are not imported at the top of these modules, so that short commands answer at once.
"""
