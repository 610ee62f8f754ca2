"""The table that is migrated, only ever read, and the files that hold one."""
