"""Prints the grammar as Markdown: one table for each column of the legacy table."""

from mediabase_assets.model.grammar.document import document

print(document(), end="")
