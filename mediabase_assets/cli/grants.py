"""`mediabase db grants`: the privileges of the roles that work with the database, printed as SQL, applied, compared, or taken.

Contains options and output; what each kind of role needs is in `roles`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mediabase_assets.cli.command import settings_of, with_exit_code
from mediabase_assets.cli.options import ConfigFile
from mediabase_assets.cli.output import Exit, terminal
from mediabase_assets.model.errors import ConfigurationError

if TYPE_CHECKING:
    from mediabase_assets.postgres.connection import Session
    from mediabase_assets.roles.grants import Difference
    from mediabase_assets.roles.objects import Kind
    from mediabase_assets.settings.load import Settings

_Names = list[str] | None
Migrator = Annotated[_Names, typer.Option("--migrator", metavar="ROLE", help="Migrates: creates schemas, reads the legacy table.")]
Curator = Annotated[_Names, typer.Option("--curator", metavar="ROLE", help="Reads what is released, the legacy table and the records.")]
Analyst = Annotated[_Names, typer.Option("--analyst", metavar="ROLE", help="Reads what is released, executes its functions.")]
PatientReader = Annotated[
    _Names, typer.Option("--patient-reader", metavar="ROLE", help="An analyst who also sees the patients of `mediabase patients grant`.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Give the roles what they lack; releases give them what is new.")]
Check = Annotated[bool, typer.Option("--check", help="Compare what the roles may do with what they should; 1 if it differs.")]
Revoke = Annotated[bool, typer.Option("--revoke", help="Take the grants again, and forget the roles.")]
AsJson = Annotated[bool, typer.Option("--json", help="With --check and --apply: one JSON document on standard output, for programs.")]


@with_exit_code
def grants(
    migrator: Migrator = None,
    curator: Curator = None,
    analyst: Analyst = None,
    patient_reader: PatientReader = None,
    apply: Apply = False,
    check: Check = False,
    revoke: Revoke = False,
    as_json: AsJson = False,
    config_file: ConfigFile = None,
) -> Exit:
    """Print the grants that each kind of role needs, as SQL for psql. Options name the roles, and can be repeated.

    With --apply and --check without names: the roles that were given grants by this command before.
    """
    if apply + check + revoke > 1:
        raise ConfigurationError("--apply, --check and --revoke exclude each other.", next_step="Give one of them.")
    from mediabase_assets.postgres.connect import connect
    from mediabase_assets.roles.objects import Kind

    settings = settings_of(config_file)
    given = {Kind.MIGRATOR: migrator, Kind.CURATOR: curator, Kind.ANALYST: analyst, Kind.PATIENT_READER: patient_reader}
    named = [(name, kind) for kind, names in given.items() for name in names or ()]
    with connect(settings, autocommit=True, application_name="mediabase grants") as conn:
        if not (apply or check or revoke):
            return _print_script(conn, settings, named or [(f"mediabase_{k.value.replace(' ', '_')}", k) for k in Kind])
        return _done(conn, settings, named, apply=apply, revoke=revoke, as_json=as_json)


def _print_script(conn: "Session", settings: "Settings", roles: "Sequence[tuple[str, Kind]]") -> Exit:
    from mediabase_assets.roles.grants import script

    console = terminal()
    for line in script(conn, settings, roles):
        console.out(line, highlight=False)
    return Exit.OK


def _done(
    conn: "Session", settings: "Settings", named: "Sequence[tuple[str, Kind]]", *, apply: bool, revoke: bool, as_json: bool
) -> Exit:  # fmt: skip
    from mediabase_assets.roles import grants as granting

    roles = named or ([] if revoke else granting.recorded(conn))
    if not roles:
        raise ConfigurationError("No role was named.", next_step="Name one, such as --analyst ROLE.")
    console = terminal()
    if revoke:
        for role, kind in roles:
            granting.take(conn, settings, role, kind)
            console.print(f"{role} is no {kind} any more.", markup=False, highlight=False)
        return Exit.OK
    act = granting.apply if apply else granting.compare
    differences = [act(conn, settings, role, kind) for role, kind in roles]
    if as_json:
        from mediabase_assets.cli.patients_tables import print_json

        print_json(console, [_as_json(d) for d in differences])
    else:
        for difference in differences:
            _print_difference(console, difference, conn.info.user, applied=apply)
    wrong = [d for d in differences if (d.missing if apply else not d.is_right)]
    return Exit.FAILED if wrong else Exit.OK


def _as_json(difference: "Difference") -> dict[str, object]:
    return {
        "role": difference.role,
        "kind": difference.kind.value,
        "exists": difference.exists,
        "missing": [right.grant for right in difference.missing],
        "excess": [right.revoke for right in difference.excess],
        "attributes": list(difference.attributes),
    }


def _print_difference(console: Console, difference: "Difference", user: str, *, applied: bool) -> None:
    from mediabase_assets.roles.grants import statements

    name = f"{difference.role} ({difference.kind})"
    lines: list[str] = []
    if not difference.exists:
        lines.append(f"{name}: there is no such role.")
    elif difference.missing:
        lines.append(f"{name} lacks" + (f", and {user} may not give it; the owner may:" if applied else ":"))
        lines += [f"  {statement}" for statement in statements(difference.missing)]
    else:
        lines.append(f"{name} may do all that it needs.")
    if difference.excess:
        lines.append(f"{name} may do more than it needs, by itself, as a member of another role, or as everybody:")
        lines += [f"  {statement}" for statement in statements(difference.excess, takes=True)]
    if difference.attributes:
        lines.append(f"{name} is {', '.join(difference.attributes)}, which no {difference.kind} has to be.")
    for line in lines:
        console.out(line, highlight=False)
