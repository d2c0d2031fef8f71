"""Expressions: CEL over the variables of an execution.

Which variables there are is the language's: `OF_STEPS` has `context`, `jobs`, `scopes` and
`system`, which are `$context`, `$jobsMapByNodeKey`, `$scopes` and `$system`; `OF_EVENTS` has what
a trigger's context holds, under its own names.  A template, `{{$context.data.total}}`, stands for
the value that its path leads to, and null where it leads to nothing.  Besides CEL's own functions
there are those of its `strings`, `math` and `optional` extensions, and whole numbers and fractions
mix in `+ - * /`: JSON does not tell 2 from 2.0.  Two whole numbers divide as CEL has it: `5 / 2` is
2, `5 / 2.0` is 2.5.

What an evaluation may cost is bounded: by the length of the expression, by CEL's own limits (32
levels, 10,000 iterations of macros in all, linear regular expressions) and by the number of
values that go in and come out.
"""

import base64
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import Any, Final

from cel_expr_python import cel
from cel_expr_python.ext import ext_math, ext_optional, ext_strings

from ensuite.clock import to_wire
from ensuite.errors import EnsuiteError, InvalidRequest
from ensuite.workflow.scope import MAX_DEPTH, TEMPLATE, Place, place_of
from ensuite.workflow.scope import text as written

MAX_EXPRESSION_CHARACTERS = 4000
MAX_TEMPLATES = 32
"""Different places that one expression may name with `{{path}}`."""

MAX_VALUES = 100_000
"""Values that go into an evaluation, and that come out."""

MAX_INTEGER = 2**63
CACHED_PROGRAMS = 1024

# Strings and comments come first, so that nothing inside them is taken for a template or a name.
_tokens: Final = r"""
    (?P<text>
        [bB]?[rR][bB]?(?:'''.*?'''|\"\"\".*?\"\"\"|'[^'\n]*'|"[^"\n]*")
        | '''(?:\\.|[^\\])*?''' | \"\"\"(?:\\.|[^\\])*?\"\"\"
        | '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*"
        | //[^\n]*
    )
    | (?<![\w.])\{\{\s*(?P<template>[^{}\s][^{}]*)\}\}
    | (?<![\w.])(?P<root>ROOTS)\b
      (?:\s*\.\s*(?P<member>[A-Za-z_]\w*)|\s*\[\s*(?P<quote>['"])(?P<key>[^'"\\\n]*)(?P=quote)\s*\])?
    """
_compile_error = re.compile(
    r"ERROR: <input>:(-?\d+):(-?\d+): (.*?)(?: \(in container ''\))?$", re.MULTILINE
)
_status = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")

# The binding reads text as C does: it would end it at a NUL, and fail at half a surrogate pair.
_unreadable = re.compile("[\x00\ud800-\udfff]")


class InvalidExpression(InvalidRequest, ValueError):
    """The expression is not valid CEL; the message names the place.

    A `ValueError` too, so that the validation of a configuration reports it with its field.
    """

    code = "INVALID_EXPRESSION"


class ExpressionFailed(EnsuiteError):
    """The expression could not be evaluated with these values; the message says why."""

    code = "EXPRESSION_FAILED"


@dataclass(frozen=True)
class Language:
    """Which variables expressions may name."""

    roots: Mapping[str, str]
    """Their names, and where they are in the scope."""

    def __hash__(self) -> int:
        return id(self)

    @cached_property
    def token(self) -> re.Pattern[str]:
        """What an expression is read by."""
        named = _tokens.replace("ROOTS", "|".join(self.roots))
        return re.compile(named, re.VERBOSE | re.DOTALL)

    @cached_property
    def environment(self) -> cel.Env:
        """CEL's environment, made once."""
        return _environment(self.roots)


OF_STEPS: Final = Language(
    {
        "context": "$context",
        "jobs": "$jobsMapByNodeKey",
        "scopes": "$scopes",
        "system": "$system",
    }
)
"""Expressions of nodes."""

OF_EVENTS: Final = Language(
    {name: name for name in ("data", "previous", "changed", "user", "roleName")}
)
"""Expressions about what has happened, before anything runs."""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression."""

    language: Language
    expression: cel.Expression
    places: tuple[Place, ...]
    roots: Mapping[str, frozenset[str] | None]
    """The variables that it names, and which of their members; None: perhaps all of them."""

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """The expression's value as JSON: a timestamp is ISO 8601, a duration `3.5s`, bytes base64.

        Raises:
            ExpressionFailed: CEL cannot evaluate it, or its value is nothing that JSON has.

        """
        bound = _Binding()
        variables = {
            f"_{number}": bound.value(place.value(scope))
            for number, place in enumerate(self.places)
        }
        for root, members in self.roots.items():
            held: Any = scope.get(self.language.roots[root])
            if held is not None and not isinstance(held, Mapping):
                variables[root] = bound.value(held)
                continue
            held = held or {}
            names = held if members is None else (name for name in members if name in held)
            variables[root] = {name: bound.value(held[name]) for name in names}
        try:
            result = self.expression.eval(data=variables)
        except RuntimeError as error:
            raise ExpressionFailed(_without_status(str(error))) from error
        return _Result().json(result)


def evaluate(text: str, scope: Mapping[str, Any]) -> Any:
    """The value of an expression.

    Raises:
        InvalidExpression: it is not valid.
        ExpressionFailed: it cannot be evaluated with these values.

    """
    return compile(text).evaluate(scope)


@lru_cache(CACHED_PROGRAMS)
def compile(text: str, language: Language = OF_STEPS) -> Program:  # noqa: A001 - what it does, in CEL's word
    """Check an expression and make it ready to run.

    Raises:
        InvalidExpression: it is empty, too long, or not valid CEL.

    """
    if not text.strip():
        raise InvalidExpression("The expression is empty")
    if len(text) > MAX_EXPRESSION_CHARACTERS:
        raise InvalidExpression(
            f"The expression has more than {MAX_EXPRESSION_CHARACTERS} characters"
        )
    if _unreadable.search(text):
        raise InvalidExpression("The expression holds a character that is no text")
    source, places, roots = _read(text, language)
    try:
        expression = language.environment.compile(source)
    except RuntimeError as error:
        raise InvalidExpression(_said(str(error))) from error
    return Program(language, expression, places, roots)


def about_an_event(text: str) -> str:
    """The text of an expression in `OF_EVENTS` that a configuration holds, checked; or empty.

    Raises:
        InvalidExpression: it is too long, or not valid CEL.

    """
    if text.strip():
        _ = compile(text, OF_EVENTS)
    return text.strip()


def _read(
    text: str, language: Language
) -> tuple[str, tuple[Place, ...], dict[str, frozenset[str] | None]]:
    """The source for CEL, in which variables stand for templates, and what it needs bound.

    A variable is padded to the length of its template: CEL's positions are those of `text`.
    """
    places: dict[Place, str] = {}
    roots: dict[str, frozenset[str] | None] = {}

    def replaced(token: re.Match[str]) -> str:
        if token["text"] is not None:
            if TEMPLATE.search(token["text"]) and not token["text"].startswith("//"):
                raise InvalidExpression(
                    f"column {token.start() + 1}: a template stands for a value of any type; "
                    "write it without quotes around it"
                )
        elif token["template"] is not None:
            place = place_of(token["template"])
            variable = places.setdefault(place, f"_{len(places)}")
            return variable.ljust(len(token[0]))
        else:
            root, member = token["root"], token["member"] or token["key"]
            known = roots.get(root, frozenset())
            roots[root] = None if member is None or known is None else known | {member}
        return token[0]

    source = language.token.sub(replaced, text)
    if len(places) > MAX_TEMPLATES:
        raise InvalidExpression(f"The expression names more than {MAX_TEMPLATES} paths")
    return source, tuple(places), roots


def _environment(roots: Iterable[str]) -> cel.Env:
    names = [*roots, *(f"_{number}" for number in range(MAX_TEMPLATES))]
    return cel.NewEnv(
        variables=dict.fromkeys(names, cel.Type.DYN),
        extensions=[
            # An extension adds overloads to CEL's operators; a function of the environment would
            # clash with them.
            cel.CelExtension(
                "ensuite.numbers",
                [
                    _mixed("_+_", "add", operator.add),
                    _mixed("_-_", "subtract", operator.sub),
                    _mixed("_*_", "multiply", operator.mul),
                    _mixed("_/_", "divide", operator.truediv),
                ],
            ),
            ext_strings.ExtStrings(),
            ext_math.ExtMath(),
            ext_optional.ExtOptional(),
        ],
    )


def _mixed(symbol: str, name: str, compute: Callable[[float, float], float]) -> cel.FunctionDecl:
    """An operator between a whole number and a fraction, which CEL itself does not have."""
    whole, fraction = cel.Type.INT, cel.Type.DOUBLE
    return cel.FunctionDecl(
        symbol,
        [
            cel.Overload(
                f"{name}_int_double",
                return_type=fraction,
                parameters=[whole, fraction],
                impl=compute,
            ),
            cel.Overload(
                f"{name}_double_int",
                return_type=fraction,
                parameters=[fraction, whole],
                impl=compute,
            ),
        ],
    )


class _Binding:
    """Copies JSON values to what the binding can read, a bounded number of them."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def value(self, value: Any, depth: int = MAX_DEPTH) -> Any:
        """A value of plain types.

        Raises:
            ExpressionFailed: it is no JSON, nests too deep, or too many values went before it.

        """
        self._left -= 1
        if self._left < 0:
            raise ExpressionFailed(
                f"The variables hold more than {MAX_VALUES} values; "
                "name those that the expression needs with {{path}}"
            )
        match value:
            case None | bool() | float():
                return value
            case str():
                if _unreadable.search(value):
                    raise ExpressionFailed("A variable holds a character that CEL cannot read")
                return value
            case int():
                # Past 64 bits a number is what JavaScript makes of it.
                return value if -MAX_INTEGER <= value < MAX_INTEGER else float(value)
            case Mapping() | list() if depth == 0:
                raise ExpressionFailed(f"A variable nests more than {MAX_DEPTH} levels deep")
            case Mapping():
                return {str(key): self.value(value[key], depth - 1) for key in value}
            case list():
                return [self.value(each, depth - 1) for each in value]
            case _:
                raise ExpressionFailed(f"A variable holds a {type(value).__name__}, not JSON")


class _Result:
    """Copies CEL's values to JSON, a bounded number of them.

    `cel.Value.plain_value` would do it at once, but the binding (0.1.3) returns None without
    owning a reference to it: before Python 3.12 each null in a result takes one away, until the
    interpreter aborts.  So no null is ever asked for its value.
    """

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def json(self, value: cel.Value) -> Any:
        """A JSON value.

        Raises:
            ExpressionFailed: it is an error, nothing that JSON has, or too many values.

        """
        self._left -= 1
        if self._left < 0:
            raise ExpressionFailed(f"The result holds more than {MAX_VALUES} values")
        kind = value.type().name().partition("<")[0]
        if kind == "NULL":
            return None
        try:
            held = value.value()
        except TypeError as error:
            raise ExpressionFailed(
                "The result is an optional value; end the expression with .orValue(…)"
            ) from error
        match kind, held:
            case "ERROR", str():
                raise ExpressionFailed(_without_status(held))
            case "LIST", list():
                return [self.json(each) for each in held]
            case "MAP", dict():
                return {written(key): self.json(each) for key, each in held.items()}
            case _ if kind in _scalars:
                return _scalars[kind](held)
            case _:
                raise ExpressionFailed(f"The result is a {kind.lower()}, which JSON does not have")


def _same(value: Any) -> Any:
    return value


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ExpressionFailed(f"The result, {number}, is no number that JSON has")
    return number


def _seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


_scalars: Final[Mapping[str, Callable[[Any], Any]]] = {
    "BOOL": _same,
    "INT": _same,
    "UINT": _same,
    "STRING": _same,
    "DOUBLE": _finite,
    "TIMESTAMP": to_wire,
    "DURATION": _seconds,
    "BYTES": _base64,
}


def _said(error: str) -> str:
    """CEL's complaints, each with its place, without its drawing of the source."""
    bare = _without_status(error)
    found = dict.fromkeys(
        said if line == "-1" else f"line {line}, column {column}: {said}"
        for line, column, said in _compile_error.findall(bare)
    )
    return "; ".join(found) or bare


def _without_status(error: str) -> str:
    return _status.sub("", error)
