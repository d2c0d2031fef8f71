"""The node `request`."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlencode

import msgspec
from pydantic import BeforeValidator

from ensuite.workflow import (
    Clock,
    Done,
    Failed,
    HttpAnswer,
    Node,
    Outcome,
    Part,
    Status,
    Step,
    config,
    node_type,
    resolve,
    text,
)

DEFAULT_TIMEOUT_MILLISECONDS = 5000
MAX_TIMEOUT_MILLISECONDS = 600_000
MAX_SECONDS_DIGITS = 9

WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})

PASSING = frozenset({408, 409, 423, 425, 429})
"""Answers of 4xx that may be others a while later: timeout, conflict, locked, too early or many."""

_header_name = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_control = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class Pair(Part):
    """A name and its value."""

    name: str = config(en="Name", fr="Nom", default="")
    value: Any = config(en="Value", fr="Valeur", widget="template", default=None)


@node_type(
    "request",
    group="call",
    icon="globe",
    en="HTTP request",
    fr="Requête HTTP",
    description_fr="Envoie une requête HTTP et garde la réponse.",
)
class Request(Node):
    """Send an HTTP request and keep the answer.

    It is sent at least once, with `Idempotency-Key` the same each time: an execution that is
    taken over after a crash cannot know whether the request went out.
    """

    calls_out: ClassVar[bool] = True

    method: Annotated[
        Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
        BeforeValidator(_upper),
    ] = config(en="Method", fr="Méthode", widget="select", default="POST")
    url: str = config(en="URL", fr="URL", widget="template")
    content_type: Literal[
        "application/json", "application/x-www-form-urlencoded", "application/xml", "text/plain"
    ] = config(en="Content type", fr="Type de contenu", widget="select", default="application/json")
    headers: list[Pair] = config(en="Headers", fr="En-têtes", widget="pairs", default=[])
    params: list[Pair] = config(en="Parameters", fr="Paramètres", widget="pairs", default=[])
    data: Any = config(en="Body", fr="Corps", widget="body", default=None)
    timeout: int = config(
        en="Timeout (ms)",
        fr="Délai d’attente (ms)",
        widget="number",
        default=DEFAULT_TIMEOUT_MILLISECONDS,
        ge=1,
        le=MAX_TIMEOUT_MILLISECONDS,
    )
    ignore_fail: bool = config(
        en="Continue when the request fails",
        fr="Continuer si la requête échoue",
        widget="switch",
        default=False,
    )
    only_data: bool = config(
        en="Keep only the body of the answer",
        fr="Ne garder que le corps de la réponse",
        widget="switch",
        default=False,
    )

    async def run(self, step: Step) -> Outcome:
        content = self._content(step.scope)
        try:
            answer = await step.http.request(
                self.method,
                text(resolve(self.url, step.scope)).strip(),
                headers=self._headers(step, with_body=content is not None),
                params=_pairs(self.params, step.scope),
                content=content,
                timeout_seconds=self.timeout / 1000,
            )
        except TimeoutError:
            said = f"There was no whole answer within {self.timeout} ms"
            return self._failed(said, Status.ABORTED, {"message": said})
        except OSError as error:
            return self._failed(str(error), Status.FAILED, {"message": str(error)})
        kept = self._kept(answer)
        if 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's success
            return Done(kept)
        if self.ignore_fail:
            return Done(kept)
        return Failed(
            f"The answer was HTTP status {answer.status}",
            value=kept,
            permanent=400 <= answer.status < 500 and answer.status not in PASSING,  # noqa: PLR2004
            retry_after=_retry_after(answer.headers.get("retry-after", ""), step.clock),
        )

    def _failed(self, said: str, status: Status, value: Any) -> Outcome:
        return Done(value) if self.ignore_fail else Failed(said, status, value)

    def _kept(self, answer: HttpAnswer) -> Any:
        if self.only_data:
            return answer.body
        return {"status": answer.status, "headers": answer.headers, "data": answer.body}

    def _content(self, scope: Mapping[str, Any]) -> bytes | None:
        data = resolve(self.data, scope)
        if data is None or self.method in WITHOUT_BODY:
            return None
        match self.content_type:
            case "application/json":
                return msgspec.json.encode(data)
            case "application/x-www-form-urlencoded":
                return urlencode(_form(data)).encode()
            case _:
                return text(data).encode()

    def _headers(self, step: Step, *, with_body: bool) -> dict[str, str]:
        """The configured ones; the body's type is always the node's own.

        Raises:
            ValueError: a name is none, or a value holds a line break.

        """
        headers = {"idempotency-key": step.key}
        for name, value in _pairs(self.headers, step.scope):
            if not _header_name.fullmatch(name) or _control.search(value):
                raise ValueError(f"The header {name!r} has a name or value that HTTP forbids")
            headers[name.lower()] = value
        # The body is written by `content_type`, so that is what the receiver must be told.
        _ = headers.pop("content-type", None)
        return {**headers, "content-type": self.content_type} if with_body else headers


def _retry_after(given: str, clock: Clock) -> timedelta | None:
    """What `Retry-After` asks for (RFC 9110, section 10.2.3): seconds, or a date."""
    given = given.strip()
    if given.isdecimal() and len(given) <= MAX_SECONDS_DIGITS:
        return timedelta(seconds=int(given))
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    # A date without a zone is UTC: HTTP knows no other.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(timedelta(), moment - clock.now())


def _pairs(pairs: Iterable[Pair], scope: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(pair.name, text(resolve(pair.value, scope))) for pair in pairs if pair.name]


def _form(data: Any) -> list[tuple[str, str]]:
    """The fields of a form: `[{name, value}]` as the editor writes them, or an object.

    Raises:
        ValueError: it is neither.

    """
    match data:
        case dict():
            return [(str(name), text(value)) for name, value in data.items()]
        case list() if all(isinstance(each, dict) for each in data):
            return [
                (str(each["name"]), text(each.get("value"))) for each in data if each.get("name")
            ]
        case _:
            raise ValueError("The body of a form is a list of names and values, or an object")
