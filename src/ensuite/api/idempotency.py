"""`Idempotency-Key`: a write that is sent again is carried out once, and answered the same.

A call on records writes its key with its records (`workflow.once`), so no crash can come between
the two.  A call on the system's own resources claims its key before it begins.  The answer is
stored before it is sent; a refusal before anything was written is not, so that the corrected call
may use the same key.
"""

import hashlib
from collections.abc import Awaitable, Callable

import asyncpg
import msgspec
import structlog

from ensuite.api.call import Answer, Call, routes
from ensuite.api.choice import Choice
from ensuite.api.french import wants_french
from ensuite.api.outcomes import WorkflowFailed, WorkflowHangs, WorkflowRejected
from ensuite.api.problems import PROBLEM, failure
from ensuite.api.records import LINKING
from ensuite.api.repeats import answer_again
from ensuite.data import idempotency
from ensuite.data.idempotency import Done, Key, KeyTaken
from ensuite.errors import Conflict, EnsuiteError, InvalidRequest, UniqueViolation
from ensuite.workflow.once import Once

log = structlog.get_logger(__name__)

MAX_KEY_LENGTH = 255
RETRY_SECONDS = 1

REPLAYED = (b"idempotency-replayed", b"true")

Act = Callable[[Call], Awaitable[Answer]]


class InvalidIdempotencyKey(InvalidRequest):
    """`Idempotency-Key` has between 1 and 255 printable ASCII characters; a UUID is a good one."""

    code = "INVALID_IDEMPOTENCY_KEY"


class IdempotencyKeyReused(EnsuiteError):
    """This `Idempotency-Key` stands for another request of yours; send this one with a new key."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = 422


class IdempotencyKeyInUse(EnsuiteError):
    """The first call with this `Idempotency-Key` is not done; ask again after `Retry-After`."""

    code = "IDEMPOTENCY_KEY_IN_USE"
    status = 409

    def __init__(self) -> None:
        super().__init__(headers=(("retry-after", str(RETRY_SECONDS)),))


class OutcomeUnknown(EnsuiteError):
    """The process died during the first call; look what became of it, and use a new key."""

    code = "IDEMPOTENCY_OUTCOME_UNKNOWN"
    status = 409


class AnswerNotKept(EnsuiteError):
    """The first call was carried out, but its answer was too large or too secret to be kept."""

    code = "IDEMPOTENCY_ANSWER_NOT_KEPT"
    status = 409


async def carried_out_once(call: Call, act: Act, request: str, *, system: bool) -> Answer:
    """Carry a call out, unless that was done under its key before: then answer as before.

    `request` is the method and the path.

    Raises:
        InvalidIdempotencyKey: the header has no key.
        IdempotencyKeyReused: the key stands for another request.
        IdempotencyKeyInUse: the first call is under way.
        OutcomeUnknown, AnswerNotKept: the first call's answer is not there.

    """
    key = _key(call, request)
    place = (key.user_id, key.text)
    under_keys = call.means.under_keys
    if place in under_keys:
        if under_keys[place] != key.fingerprint:
            raise IdempotencyKeyReused
        raise IdempotencyKeyInUse
    under_keys[place] = key.fingerprint
    try:
        return await (_system_call if system else _record_call)(call, act, key)
    finally:
        del under_keys[place]


def _key(call: Call, request: str) -> Key:
    text = call.headers[b"idempotency-key"].decode("latin-1").strip()
    if not 0 < len(text) <= MAX_KEY_LENGTH or not (text.isascii() and text.isprintable()):
        raise InvalidIdempotencyKey
    # With a secret: a body may hold a password, which nobody should be able to guess from this.
    digest = hashlib.blake2b(key=call.means.secret.encode()[: hashlib.blake2b.MAX_KEY_SIZE])
    given = {name: value for name, value in call.parameters.given.items() if name != "token"}
    # What a role may see differs, so another role's call is another request.
    parts = (request, call.actor.role, msgspec.json.encode(given, order="sorted"), call.body)
    for part in parts:
        encoded = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:%b" % (len(encoded), encoded))
    return Key(call.actor.user_id, text, digest.digest(), call.id, call.means.life_lock)


async def _record_call(call: Call, act: Act, key: Key) -> Answer:
    means = call.means
    done = await idempotency.found(means.database, key, means.clock.now())
    if done is not None:
        return await _repeated(call, key, done)
    choice = call.choice = call.choice or Choice()
    address = call.address
    once = choice.once = Once(
        key,
        address.action,
        address.resource,
        links=address.association is not None and address.action in LINKING,
        clock=means.clock,
        listeners=call.snapshot.records.listeners,
    )
    call.renew(call.snapshot)
    try:
        answer = await act(call)
    except (WorkflowFailed, WorkflowHangs, WorkflowRejected) as error:
        # The record is saved although the answer is an error: a repeat must not save it again.
        answer, body = failure(error, call.id, french=wants_french(call.headers))
        answer.body = body
    except (KeyTaken, UniqueViolation, Conflict) as error:
        # Another process may have carried out the same call at the same moment.
        done = await idempotency.found(means.database, key, means.clock.now())
        if done is not None and done.operation_id != key.operation_id:
            return await _repeated(call, key, done)
        if isinstance(error, KeyTaken):
            # It was, and then came to nothing.
            raise IdempotencyKeyInUse from error
        raise
    if once.kept:
        await _keep(call, key, answer)
    return answer


async def _system_call(call: Call, act: Act, key: Key) -> Answer:
    means = call.means
    now = means.clock.now()
    done = await idempotency.found(means.database, key, now)
    if done is None:
        action = f"{call.address.resource}:{call.address.action}"
        try:
            async with means.database.transaction() as tx:
                await idempotency.claim_in(tx, key, action, now)
        except KeyTaken as taken:
            done = await idempotency.found(means.database, key, now)
            if done is None:
                raise IdempotencyKeyInUse from taken
    if done is not None:
        return await _repeated(call, key, done)
    try:
        answer = await act(call)
    except EnsuiteError as error:
        if error.status < 500 and not call.wrote:  # noqa: PLR2004 - the fault is the client's
            await idempotency.forget(means.database, key, key.operation_id)
        raise
    await _keep(call, key, answer)
    return answer


async def _keep(call: Call, key: Key, answer: Answer) -> None:
    """Store an answer before it is sent."""
    body = answer.body
    if body is None:
        body = msgspec.json.encode(answer.content)
        if answer.stream is None:
            answer.body = body
    route = routes.by_name.get((call.address.resource, call.address.action))
    secret = route is not None and route.secret
    try:
        await idempotency.keep_answer(
            call.means.database,
            key,
            answer.status,
            answer.headers if answer.stream is None else (),
            None if secret else body,
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, EnsuiteError) as error:
        # What was done is committed: a repeat is answered from that.
        log.warning("idempotency.answer_lost", request=f"{call.id:x}", error=str(error))


async def _repeated(call: Call, key: Key, done: Done) -> Answer:
    if done.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused
    if done.status is not None and done.body is not None:
        headers = [*done.headers, REPLAYED]
        answer = Answer(body=done.body, status=done.status, headers=headers)
        if done.status >= 400:  # noqa: PLR2004 - an error
            answer.content_type = PROBLEM
        return answer
    under_way = done.status is None and done.owner != key.owner
    if under_way and await idempotency.is_alive(call.means.database, done.owner):
        raise IdempotencyKeyInUse
    if done.facts is None:
        raise OutcomeUnknown if done.status is None else AnswerNotKept
    answer = await answer_again(call, done.facts)
    answer.headers = [*answer.headers, REPLAYED]
    return answer
