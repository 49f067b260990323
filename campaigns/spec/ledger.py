"""Where a campaign's ledger lies: in a file of its folder, or in a PostgreSQL database that a group shares."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from campaigns.spec.faults import spec_fault
from campaigns.spec.part import Part, without_defaults

_EXAMPLE = 'Write url = "postgresql+psycopg://user@host/database".'
_NO_PASSWORD = "The spec is recorded and exported: give the password as PGPASSWORD, in ~/.pgpass, or through a service file."


class LedgerSpec(Part):
    """Where the ledger lies. It says nothing of what the campaign is for, and has no part in the spec's version."""

    url: str | None = None
    """Of a PostgreSQL database; a file in the campaign's folder where not given."""
    in_schema: str = Field(default="", alias="schema")
    """Schema of that database, so that several campaigns share it; the database's own where not given."""

    @field_validator("url")
    @classmethod
    def _is_a_database_without_password(cls, url: str | None) -> str | None:
        if url is None:
            return url
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            read = make_url(url)
            backend = read.get_backend_name()
        except (ArgumentError, ValueError) as error:
            raise spec_fault("is not the address of a database.", _EXAMPLE) from error
        if backend != "postgresql":
            way_out = f"{_EXAMPLE} Without url the ledger is an SQLite file in the campaign's folder."
            raise spec_fault("is not the address of a PostgreSQL database.", way_out)
        if read.password is not None or any("password" in name for name in read.query):
            raise spec_fault("holds a password.", _NO_PASSWORD)
        if not read.database and "service" not in read.query:
            raise spec_fault("names no database.", _EXAMPLE)
        return url

    @field_validator("in_schema")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        from campaigns.ledger.places import SCHEMA_NAMES, is_schema

        if name and not is_schema(name):
            raise spec_fault(f"{name!r} names no schema.", SCHEMA_NAMES)
        return name

    @model_validator(mode="after")
    def _only_a_database_has_schemas(self) -> LedgerSpec:
        if self.in_schema and self.url is None:
            raise spec_fault("names a schema and no database.", f"{_EXAMPLE} Or leave the schema out.")
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As for an objective."""
        said = without_defaults(self, written(self), always=())
        return {("schema" if name == "in_schema" else name): value for name, value in said.items()}
