"""Settings: read once from the environment, checked at once, frozen."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ensuite.errors import EnsuiteError

PREFIX = "ENSUITE_"
SECRET_FILE = "secret-key"  # noqa: S105 - the file's name, not the secret
MIN_SECRET_LENGTH = 32


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
        repr=False,
        description="A PostgreSQL server of your own, 15 or newer; absent: the embedded one.",
    )
    secret_key: str | None = Field(
        default=None,
        min_length=MIN_SECRET_LENGTH,
        repr=False,
        description="Signs the tokens; absent: generated once and kept in the data directory.",
    )
    root_email: str = Field(
        default="admin@ensuite.local",
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="E-mail address of the first account, where its password is set.",
    )
    root_password: str | None = Field(
        default=None,
        min_length=8,
        max_length=256,
        repr=False,
        description="Password of the first account; absent: it is made in the page.",
    )
    session_days: int = Field(
        default=7,
        ge=1,
        le=365,
        description="Days after which one signs in again, however much one was there.",
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
    keep_succeeded_days: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days that executions are kept which succeeded; 0: for ever.",
    )
    keep_failed_days: int = Field(
        default=90,
        ge=0,
        le=36_500,
        description="Days that executions are kept which did not succeed; 0: for ever.",
    )
    keep_changes_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="Days that the changes of records are kept; 0: for ever.",
    )
    metrics: Literal["off", "on"] = Field(
        default="off",
        description="Whether `/metrics` tells Prometheus how the process is doing: off or on.",
    )
    metrics_token: str | None = Field(
        default=None,
        min_length=16,
        repr=False,
        description="Bearer token that `/metrics` wants; absent: it answers this machine only.",
    )
    tracing: bool = Field(
        default=False,
        description="Whether spans are made and sent to a collector: off or on.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="The least severe events that are logged: debug, info, warning or error.",
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read `ENSUITE_…` variables.

        Raises:
            InvalidSettings: a variable has a value that its setting cannot have.

        """
        known = {
            name: text for name, text in _given(environment).items() if name in cls.model_fields
        }
        try:
            return cls.model_validate(known)
        except ValidationError as error:
            wrong = "; ".join(
                f"{PREFIX}{'_'.join(map(str, issue['loc'])).upper()}: {issue['msg']}"
                for issue in error.errors()
            )
            raise InvalidSettings(wrong) from error

    @classmethod
    def unknown_variables(cls, environment: Mapping[str, str] | None = None) -> list[str]:
        """`ENSUITE_…` variables that are no setting: misspelt, or a platform's own.

        Kubernetes makes such names for a service that is called `ensuite`, so they are no error.
        """
        return sorted(
            f"{PREFIX}{name.upper()}"
            for name in _given(environment)
            if name not in cls.model_fields
        )

    @property
    def session(self) -> timedelta:
        """How long a session lasts."""
        return timedelta(days=self.session_days)

    def secret(self) -> str:
        """The key that signs tokens; generated into the data directory (mode 600) when not set.

        Raises:
            InvalidSettings: the data directory cannot hold it, or what it holds is no key.

        """
        if self.secret_key is not None:
            return self.secret_key
        path = self.data_dir / SECRET_FILE
        try:
            if not path.exists():
                _generate(path)
            key = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"{PREFIX}DATA_DIR: the secret key in {path} cannot be kept there: {error}"
            raise InvalidSettings(message) from error
        # An empty key would verify tokens that anybody can make.
        if len(key) < MIN_SECRET_LENGTH:
            message = f"{path} holds no key: restore it, or delete it to sign everybody out"
            raise InvalidSettings(message)
        return key


def _given(environment: Mapping[str, str] | None) -> dict[str, str]:
    variables = os.environ if environment is None else environment
    return {
        name.removeprefix(PREFIX).lower(): text
        for name, text in variables.items()
        if name.startswith(PREFIX) and text
    }


def _generate(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made with mode 600; complete and on disk before it gets its name.
    handle, draft = tempfile.mkstemp(prefix=f".{SECRET_FILE}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            _ = file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        # Two processes may start at once: the first link wins, and nobody reads half a key.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
