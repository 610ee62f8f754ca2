"""Reads a configuration file, YAML or JSON, into a mapping; what its keys mean is not known here.

No message quotes the file's content: it may hold the password.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from mediabase_assets.model.errors import ConfigurationError

NUMBERS = ("port", "connection_timeout", "max_connections")
"""Keys of the section `database` that are numbers; the others are text, also where they look like numbers."""


def read_settings_file(path: Path, *, allows_repeated: bool = False) -> dict[Any, Any]:
    """The mapping that a configuration file holds.

    Args:
        path: The file.
        allows_repeated: Whether a key may be there twice, of which the last counts; else it is an error.

    Raises:
        ConfigurationError: It cannot be read, is neither YAML nor JSON, or not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ConfigurationError(
            f"The configuration file cannot be read: {reason}.",
            where=str(path),
            next_step="Give the path of a YAML or JSON file.",
        ) from error
    is_json = path.suffix.lower() == ".json" or (path.suffix == "" and text.lstrip().startswith("{"))
    try:
        hook = dict if allows_repeated else _distinct
        content = json.loads(text, object_pairs_hook=hook) if is_json else _parse_yaml(text, allows_repeated=allows_repeated)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"The configuration file is not valid {'JSON' if is_json else 'YAML'}: {_position(error)}.",
            where=str(path),
            next_step="Correct the file at that place.",
        ) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(
            "The configuration file does not hold a mapping of settings.",
            where=str(path),
            next_step="Write `key: value` lines, such as `database:` with `host: localhost` indented below it.",
        )
    return content


def lines_of(path: Path) -> dict[str, int]:
    """The line of every key of a file and of its sections, dotted; JSON is read as the YAML that it is, or not at all."""
    found: dict[str, int] = {}
    for name, line, section in _keys(_composed(path)):
        found.setdefault(name, line)
        for inner, inner_line, _ in _keys(section):
            found.setdefault(f"{name}.{inner}", inner_line)
    return found


def repeated_keys(path: Path) -> list[tuple[str, int]]:
    """Keys that a file has more than once, with the line of each further one."""
    repeated, seen = list[tuple[str, int]](), set[str]()
    for name, line, section in _keys(_composed(path)):
        inner = set[str]()
        if name in seen:
            repeated.append((name, line))
        seen.add(name)
        for inner_name, inner_line, _ in _keys(section):
            if inner_name in inner:
                repeated.append((f"{name}.{inner_name}", inner_line))
            inner.add(inner_name)
    return repeated


def _composed(path: Path) -> yaml.Node | None:
    """The tree of a file; None if it is no YAML."""
    try:
        node: yaml.Node | None = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, OSError, UnicodeDecodeError, RecursionError):
        return None
    return node


def _keys(node: yaml.Node | None) -> list[tuple[str, int, yaml.Node]]:
    """The keys of a mapping with their lines and what they hold; none of anything else."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return [(str(key.value), key.start_mark.line + 1, value) for key, value in pairs if isinstance(key, yaml.ScalarNode)]


def _position(error: Exception) -> str:
    """What is wrong and at which line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem}, line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, line {error.lineno}, column {error.colno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"the key `{key}` is there twice")
    return dict(pairs)


def _parse_yaml(text: str, *, allows_repeated: bool) -> Any:
    """YAML's values, but text in the section `database` stays as written: a password 0123 is not an octal number."""
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        if isinstance(root, yaml.MappingNode):
            check = (lambda _: None) if allows_repeated else _check_keys
            check(root)
            for key, section in root.value:
                if isinstance(section, yaml.MappingNode):
                    check(section)
                    if key.value == "database":
                        _keep_text(section)
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _check_keys(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key `{key.value}` is there twice", problem_mark=key.start_mark)
            seen.add(key.value)


def _keep_text(section: yaml.MappingNode) -> None:
    for key, value in section.value:
        is_null = value.tag == "tag:yaml.org,2002:null"
        if isinstance(value, yaml.ScalarNode) and key.value not in NUMBERS and not is_null:
            value.tag = "tag:yaml.org,2002:str"
