"""`setup:*`: the first start, when nobody has an account yet."""

from pydantic import field_validator

from ensuite.access import accounts, first_account, passwords, tokens
from ensuite.api.bodies import Body, Label, checked
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.users import LOGIN_NAMES
from ensuite.data.values import plain_object
from ensuite.errors import InvalidRequest


class InvalidAccount(InvalidRequest):
    """The first account cannot be like this; each entry of `errors` names one field of it."""

    code = "INVALID_ACCOUNT"


class FirstAccount(Body):
    """What makes the first account."""

    code: str
    nickname: Label = first_account.NICKNAME
    email: str
    password: str

    @field_validator("email")
    @classmethod
    def _is_an_address(cls, email: str) -> str:
        pattern, rule = LOGIN_NAMES["email"]
        if not pattern.fullmatch(email):
            raise ValueError(rule)
        return email


@routes.add("setup", "check", public=True, writes=False)
async def check(call: Call) -> Answer:
    """Whether the first account is still to be made: `{needed}`."""
    return enveloped({"needed": await first_account.is_needed(call.means.database)})


@routes.add("setup", "create", public=True)
async def create(call: Call) -> Answer:
    """Make the first account: `{code, nickname?, email, password}`; gives a token."""
    now = call.means.clock.now()
    body = plain_object(call.body)
    # Before anything else: without the code nobody learns what a good account would be.
    first_account.check_code(call.means.secret, body.get("code"))
    given = checked(FirstAccount, body, InvalidAccount, call)
    hashed = await passwords.hashed(given.password)
    user_id = await first_account.create(
        call.means.database,
        call.means.ids,
        email=given.email,
        hashed=hashed,
        nickname=given.nickname,
    )
    account = await accounts.by_id(call.means.database, user_id)
    token = tokens.issue(call.means.secret, user_id, now=now)
    return enveloped({"user": account.profile, "token": token})
