"""Files that hold a legacy table, loaded into a database."""

from mediabase_assets.legacy.files.detect import detect_format
from mediabase_assets.legacy.files.load import load_legacy_file
from mediabase_assets.legacy.files.report import FileFormat, LoadReport, Progress

__all__ = ["FileFormat", "LoadReport", "Progress", "detect_format", "load_legacy_file"]
