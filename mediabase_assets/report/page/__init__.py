"""One migration on one HTML page that needs nothing else, its JSON twin with the same numbers, and the same for MultiQC.

`document` reads the numbers, `render` lays them out, `drawings` draws; `files` writes. Nothing here writes to the database.
"""
