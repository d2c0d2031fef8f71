"""Settings: read once from the environment, checked at once, frozen."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ensuite.errors import EnsuiteError

PREFIX = "ENSUITE_"
SECRET_FILE = "secret-key"  # noqa: S105 - the file's name, not the secret


class InvalidSettings(EnsuiteError):
    """A setting has a value that it cannot have; correct the environment variable named."""

    code: ClassVar[str] = "INVALID_SETTINGS"


class Settings(BaseModel):
    """Everything that an operator can choose; each name is an environment variable `ENSUITE_…`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(
        default=Path("ensuite-data"),
        description="Where the embedded PostgreSQL and the generated secret live.",
    )
    database_url: str | None = Field(
        default=None,
        description="A PostgreSQL server of your own, 15 or newer; absent: the embedded one.",
    )
    secret_key: str | None = Field(
        default=None,
        min_length=32,
        description="Signs the tokens; absent: generated once and kept in the data directory.",
    )
    root_email: str = Field(
        default="admin@ensuite.local",
        description="E-mail address of the first account, made on the first start.",
    )
    root_password: str | None = Field(
        default=None,
        min_length=8,
        description="Password of the first account; absent: a random one, printed once.",
    )
    body_limit: int = Field(
        default=10 * 1024 * 1024,
        ge=1024,
        description="Largest request body, in bytes.",
    )
    write_lanes: int = Field(
        default=2,
        ge=1,
        le=16,
        description="Connections of one process that commit writes in groups.",
    )
    connections: int = Field(
        default=10,
        ge=2,
        le=90,
        description="Connections of one process for reads and larger transactions.",
    )
    concurrency: int = Field(
        default=256,
        ge=1,
        le=4096,
        description="Executions that one process works on at the same time.",
    )
    log_level: str = Field(
        default="info",
        pattern="^(debug|info|warning|error)$",
        description="The least severe events that are logged: debug, info, warning or error.",
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read `ENSUITE_…` variables.

        Raises:
            InvalidSettings: a variable has a value that its setting cannot have.

        """
        variables = os.environ if environment is None else environment
        given = {
            name.removeprefix(PREFIX).lower(): text
            for name, text in variables.items()
            if name.startswith(PREFIX) and text
        }
        known = {name: text for name, text in given.items() if name in cls.model_fields}
        try:
            return cls.model_validate(known)
        except ValidationError as error:
            wrong = "; ".join(
                f"{PREFIX}{'_'.join(map(str, issue['loc'])).upper()}: {issue['msg']}"
                for issue in error.errors()
            )
            raise InvalidSettings(wrong) from error

    def secret(self) -> str:
        """The key that signs tokens; generated into the data directory (mode 600) when not set."""
        if self.secret_key is not None:
            return self.secret_key
        path = self.data_dir / SECRET_FILE
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{SECRET_FILE}-{os.getpid()}")
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                _ = file.write(secrets.token_urlsafe(48))
            # Two processes may start at once: the first link wins, and nobody reads half a key.
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return path.read_text().strip()
