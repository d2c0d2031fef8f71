"""Signing in and out (wire contract, section 3)."""

from typing import Any

from ensuite.access import accounts, passwords, tokens
from ensuite.access.sessions import ACTORS_CHANNEL
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.clock import to_wire
from ensuite.data.values import plain_object
from ensuite.errors import EnsuiteError, InvalidRequest


class WrongCredentials(EnsuiteError):
    """The username/email or password is incorrect, please re-enter"""  # noqa: D400 - the wire text

    code = "WRONG_CREDENTIALS"
    status = 401


class WrongOldPassword(InvalidRequest):
    """The old password is incorrect; enter the one that is in use."""

    code = "WRONG_OLD_PASSWORD"


class CredentialsMissing(InvalidRequest):
    """Please enter your username or email"""  # noqa: D400 - the wire text

    code = "CREDENTIALS_MISSING"


@routes.add("auth", "signIn", public=True)
async def sign_in(call: Call) -> Answer:
    """Sign in with `{account | email | username, password}`; gives a token."""
    # A password that is changed while this one is checked ends the session that begins here.
    now = call.means.clock.now()
    body = plain_object(call.body)
    name = next((body[key] for key in ("account", "email", "username") if body.get(key)), None)
    password = body.get("password")
    if not isinstance(name, str):
        raise CredentialsMissing
    if not isinstance(password, str):
        message = "Please enter your password"
        raise CredentialsMissing(message)
    call.means.attempts.begin(name)
    row = await call.means.database.fetchrow(
        "SELECT id, password FROM ensuite.users WHERE email = $1 OR username = $1"
        " ORDER BY email = $1 DESC LIMIT 1",
        name,
    )
    if not await passwords.matches(password, row["password"] if row else None) or row is None:
        raise WrongCredentials
    call.means.attempts.succeeded(name)
    account = await accounts.by_id(call.means.database, row["id"])
    token = tokens.issue(call.means.secret, account.user_id, now=now)
    return enveloped({"user": account.profile, "token": token})


@routes.add("auth", "check", writes=False)
async def check(call: Call) -> Answer:
    """Who the token stands for, with the roles held."""
    roles = call.snapshot.policy.roles
    shown = [
        {"name": name, "title": roles[name].title if name in roles else None}
        for name in call.actor.roles
    ]
    return enveloped({**call.actor.user, "roles": shown, "currentRole": call.actor.role})


@routes.add("auth", "signOut")
async def sign_out(call: Call) -> Answer:
    """Sign out: the session's tokens are refused from now on, in every process."""
    if call.actor.via == "token" and call.token is not None:
        now = call.means.clock.now()
        claims, _ = tokens.verified(
            call.means.secret, call.token, now=now, lifetime=call.means.settings.session
        )
        async with call.means.database.transaction() as tx:
            _ = await tx.execute("DELETE FROM ensuite.revoked_tokens WHERE expires_at < $1", now)
            _ = await tx.execute(
                "INSERT INTO ensuite.revoked_tokens VALUES ($1, to_timestamp($2))"
                " ON CONFLICT DO NOTHING",
                claims.jti,
                claims.session_ends_at,
            )
            _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
        await call.means.forget_actors()
    return Answer({})


@routes.add("auth", "signOutEverywhere")
async def sign_out_everywhere(call: Call) -> Answer:
    """End all sessions of the own account, this one too; API keys stay."""
    async with call.means.database.transaction() as tx:
        # Every token of a session that began before is refused from now on.
        _ = await tx.execute(
            "UPDATE ensuite.users SET password_change_tz = $2 WHERE id = $1",
            call.actor.user_id,
            int(call.means.clock.now().timestamp() * 1000) + 1,
        )
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    await call.means.forget_actors()
    return Answer({})


@routes.add("auth", "changePassword")
async def change_password(call: Call) -> Answer:
    """Change the own password with `{oldPassword, newPassword}`; older tokens end."""
    body = plain_object(call.body)
    old = body.get("oldPassword")
    if not isinstance(old, str):
        raise WrongOldPassword
    # A stolen token is no way to guess the password.
    place = f"change {call.actor.user_id}"
    call.means.attempts.begin(place)
    row = await call.means.database.fetchrow(
        "SELECT password FROM ensuite.users WHERE id = $1", call.actor.user_id
    )
    if row is None or not await passwords.matches(old, row["password"]):
        raise WrongOldPassword
    call.means.attempts.succeeded(place)
    hashed = await passwords.hashed(body.get("newPassword"))
    now = call.means.clock.now()
    async with call.means.database.transaction() as tx:
        _ = await tx.execute(
            "UPDATE ensuite.users SET password = $2, password_change_tz = $3, updated_at = $4"
            " WHERE id = $1",
            call.actor.user_id,
            hashed,
            int(now.timestamp() * 1000),
            now,
        )
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    await call.means.forget_actors()
    return Answer({})


@routes.add("authenticators", "publicList", public=True, writes=False)
async def authenticators(_: Call) -> Answer:
    """The ways to sign in."""
    basic: dict[str, Any] = {
        "name": "basic",
        "authType": "Email/Password",
        "authTypeTitle": "Password",
        "title": None,
        "options": {},
    }
    return enveloped([basic])


@routes.add("app", "getInfo", public=True, writes=False)
async def app_info(call: Call) -> Answer:
    """The version, the languages, and the server's time."""
    from ensuite import __version__  # noqa: PLC0415 - the package's own root

    return enveloped(
        {
            "name": "ensuite",
            "version": __version__,
            "lang": "en-US",
            "languages": ["en", "fr"],
            "sessionDays": call.means.settings.session_days,
            "now": to_wire(call.means.clock.now()),
        }
    )
