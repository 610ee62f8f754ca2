"""The program `mediabase`: only what has to be there before the command line is imported, so that no start ends in a traceback."""

import signal
import sys


def main() -> None:
    """Import the command line and run it."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the imports at once and in silence
    try:
        from mediabase_assets.cli import app
    except ImportError as error:
        sys.exit(
            f"Error: A part of the program is missing: {error}.\n  where: {sys.prefix}\n"
            "  next:  Install it again: `pip install --force-reinstall mediabase-assets`."
        )
    signal.signal(signal.SIGINT, before)
    app.main()


if __name__ == "__main__":
    main()
