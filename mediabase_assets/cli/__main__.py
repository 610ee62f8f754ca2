"""`python -m mediabase_assets.cli`: the program `mediabase`."""

from mediabase_assets.__main__ import main

if __name__ == "__main__":
    main()
