"""A project as an ordinary role with grants of its own."""

import uuid
from contextlib import contextmanager
from dataclasses import replace

from psycopg import sql

from mediabase_assets.settings.load import load_settings

CREATE_IN_DATABASE = "grant create on database {database} to {role}"


CREATE_IN_PUBLIC = "grant create on schema public to {role}"


READ = "grant select on cancer_transcript_base to {role}"


OWN = "alter table cancer_transcript_base owner to {role}"


@contextmanager
def as_role(this, *grants):
    """The project as a role of its own that was granted this and nothing else; the role is gone afterwards."""
    name = f"r_{uuid.uuid4().hex}"
    names = {"role": sql.Identifier(name), "database": sql.Identifier(this.settings.database.name)}
    with this.connect() as conn:
        address = {"host": conn.info.host, "port": conn.info.port}
        conn.execute(sql.SQL("create role {role} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls").format(**names))
        try:
            for grant in grants:
                conn.execute(sql.SQL(grant).format(**names))
            yield replace(
                this,
                settings=load_settings(
                    home=this.settings.home,
                    database=address | {"user": name, "name": this.settings.database.name},
                    backup_dir=this.settings.backup_dir,
                ),
                environment=this.environment
                | {"MB_POSTGRES_HOST": address["host"], "MB_POSTGRES_PORT": str(address["port"]), "MB_POSTGRES_USER": name},
            )
        finally:
            conn.execute(sql.SQL("drop owned by {role} cascade").format(**names))
            conn.execute(sql.SQL("drop role {role}").format(**names))
