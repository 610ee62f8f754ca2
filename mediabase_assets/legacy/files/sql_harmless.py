"""Which statements of a script change no row of a table: a closed list. What is not on it, and names the table, is refused by the reader.

Contains rules on the text of a statement; nothing is executed. Functions that a script calls are not looked into.
"""

import re
from collections.abc import Iterator

#: A name, with or without its schema.
NAME = rb'((?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))?)'

#: Commands of psql that read another file, run what a query returns, or depend on a condition.
_UNREADABLE = re.compile(rb"\\(?:i|ir|include|include_relative|copy|g|gx|gexec|gset|if|elif|else|endif|crosstabview|q|quit)\b", re.I)
#: First words of statements that change no row, whatever they name.
_HARMLESS = {
    "COMMENT", "GRANT", "REVOKE", "ANALYZE", "VACUUM", "CLUSTER", "REINDEX", "LOCK", "SECURITY", "SET", "RESET", "SHOW", "EXPLAIN",
    "BEGIN", "START", "COMMIT", "END", "SAVEPOINT", "RELEASE", "CHECKPOINT", "DISCARD", "LISTEN", "NOTIFY", "REFRESH",
}  # fmt: skip
_SOURCE_OF_ROWS = re.compile(
    rb"CREATE\s+(?:(?:GLOBAL|LOCAL|TEMPORARY|TEMP|UNLOGGED|FOREIGN)\s+)*TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + NAME, re.I
)
_ALTER_TABLE = re.compile(rb"ALTER\s+(?:FOREIGN\s+)?TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?" + NAME + rb"\s*\*?\s+", re.I)
#: Actions of ALTER TABLE that leave rows and columns as they are.
_ACTION = re.compile(
    r"\s*(?:OWNER\s+TO|ADD\s+(?:CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN|EXCLUDE)|VALIDATE|CLUSTER|REPLICA|ENABLE|DISABLE|FORCE|NO\s+FORCE|"
    r"DROP\s+CONSTRAINT|SET\s*\(|SET\s+(?:LOGGED|UNLOGGED|TABLESPACE|ACCESS|WITHOUT)|RESET|"
    r"ALTER\s+(?:COLUMN\s+)?(?:\"(?:[^\"]|\"\")+\"|\w+)\s+"
    r"(?:SET\s+(?:STATISTICS|STORAGE|DEFAULT|NOT\s+NULL|COMPRESSION|\()|DROP\s+(?:DEFAULT|NOT\s+NULL|IDENTITY)|ADD\s+GENERATED|RESET))",
    re.I,
)
_TRIGGER = re.compile(rb"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?(?:TRIGGER|RULE)\b", re.I)


def changes_rows(text: bytes, table: str, *, is_filled: bool) -> bool:
    """Whether a statement may change rows of a table, or says nothing that is understood.

    Args:
        text: The statement.
        table: The name of the table, in any schema.
        is_filled: Whether rows of the table came before; what removes rows is harmless only before any.

    >>> changes_rows(b"alter table t add constraint t_pkey primary key (a);", "t", is_filled=True)
    False
    >>> changes_rows(b"delete from t where a = 1;", "t", is_filled=True)
    True
    """
    word = first_word(text)
    if text.startswith(b"\\"):
        return _UNREADABLE.match(text) is not None
    if word in ("ROLLBACK", "ABORT"):
        return is_filled
    if word in _HARMLESS or not names(text, table):
        return False
    if word in ("DROP", "TRUNCATE"):
        return is_filled and (word == "TRUNCATE" or re.match(rb"DROP\s+(?:FOREIGN\s+)?TABLE\b", text, re.I) is not None)
    if word == "ALTER":
        return _alters(text)
    if word == "CREATE":
        made = _SOURCE_OF_ROWS.match(text)
        return made is not None and last_part(made.group(1)) == table
    return word != "SELECT" or re.search(rb"\bINTO\b", text, re.I) is not None


def is_trigger(text: bytes, table: str) -> bool:
    """Whether a statement makes a trigger or a rule that names the table."""
    return _TRIGGER.match(text) is not None and names(text, table)


def first_word(text: bytes) -> str:
    """The first word of a statement, in upper case."""
    match = re.match(rb"\w+", text)
    return match.group().decode().upper() if match else ""


def names(text: bytes, table: str) -> bool:
    """Whether a text holds the name of the table as a word."""
    return re.search(rb"(?<![\w$])" + re.escape(table.encode()) + rb"(?![\w$])", text, re.I) is not None


def last_part(name: bytes) -> str:
    """A name without its schema and its quotes.

    >>> last_part(b'public."a""b"')
    'a"b'
    """
    quoted, plain = re.findall(r'"((?:[^"]|"")+)"|([\w$]+)', name.decode())[-1]
    return str(quoted).replace('""', '"') or str(plain).lower()


def _alters(text: bytes) -> bool:
    """Whether an ALTER TABLE changes columns or rows; other kinds of ALTER do not."""
    if re.match(rb"ALTER\s+(?:FOREIGN\s+)?TABLE\b", text, re.I) is None:
        return False
    match = _ALTER_TABLE.match(text)
    if match is None:
        return True
    return not all(_ACTION.match(action) for action in parts_between_commas(text[match.end() :].decode(errors="replace")))


def parts_between_commas(body: str) -> Iterator[str]:
    """The parts between commas that are in no parentheses, brackets or quotes, up to a closing parenthesis or the end."""
    depth, start, quote = 0, 0, ""
    for position, char in enumerate(body):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([":
            depth += 1
        elif char in ")]" and depth:
            depth -= 1
        elif char == ")" or (char == "," and not depth):
            yield body[start:position]
            start = position + 1
            if char == ")":
                return
    yield body[start:]
