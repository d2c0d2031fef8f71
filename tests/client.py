"""The API as tests call it: in the same process, through the real ASGI endpoint."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx2

ROOT_EMAIL = "root@example.test"
ROOT_PASSWORD = "a root password"
POLL_SECONDS = 0.01
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Reply:
    """A response: its status, its headers and its JSON (text where it is none)."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def data(self) -> Any:
        """`data` of a successful response."""
        assert self.status == 200, (self.status, self.body)
        return self.body["data"]

    @property
    def workflows(self) -> list[dict[str, Any]]:
        """`meta.workflows`."""
        return self.body.get("meta", {}).get("workflows", [])

    @property
    def codes(self) -> list[str | None]:
        """The codes of the errors."""
        return [error.get("code") for error in self.body["errors"]]


class Client:
    """Calls `POST /api/{path}`; `get` is for GET.  Values are sent as JSON."""

    def __init__(self, app: Any, headers: Mapping[str, str] | None = None) -> None:
        self._app = app
        self._http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://test", timeout=30
        )
        self.headers: dict[str, str] = dict(headers or {})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    def acting(self, **headers: str) -> "Client":
        """The same API with other headers (`X_Role="member"`)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(self._app, {**self.headers, **named})

    async def sign_in(self, account: str, password: str) -> str:
        """Sign in and keep the token."""
        reply = await self.post("auth:signIn", {"account": account, "password": password})
        token: str = reply.data["token"]
        self.headers["Authorization"] = f"Bearer {token}"
        return token

    async def call(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send bytes as they are."""
        query = None
        if params:
            query = {
                k: v if isinstance(v, str | list) else json.dumps(v) for k, v in params.items()
            }
        response = await self._http.request(
            method,
            f"/api/{path}",
            content=content,
            params=query,
            headers={**self.headers, **(headers or {})},
        )
        try:
            body = response.json()
        except ValueError:
            body = response.text
        return Reply(response.status_code, response.headers, body)

    async def post(self, path: str, values: Any = None, **params: Any) -> Reply:
        """POST JSON; keyword arguments are query parameters (objects are sent as JSON)."""
        content = b"" if values is None else json.dumps(values).encode()
        headers = {"Content-Type": "application/json"}
        return await self.call("POST", path, content=content, params=params, headers=headers)

    async def get(self, path: str, **params: Any) -> Reply:
        """GET."""
        return await self.call("GET", path, params=params)

    # --- what many tests arrange ----------------------------------------------------------

    async def collection(self, name: str, *fields: Mapping[str, Any], presets: bool = True) -> None:
        """Make a collection, by default with NocoBase's preset fields."""
        given = [*(PRESETS if presets else ()), *fields]
        _ = (await self.post("collections:create", {"name": name, "fields": given})).data

    async def blog(self) -> None:
        """`posts` and `categories`, as the manual page has them, and `tags`."""
        await self.collection("categories", {"name": "title", "type": "string"})
        await self.collection("tags", {"name": "name", "type": "string"})
        await self.collection(
            "posts",
            {"name": "title", "type": "string"},
            {"name": "content", "type": "text"},
            {"name": "views", "type": "integer"},
            {"name": "category", "type": "belongsTo", "target": "categories"},
            {"name": "tags", "type": "belongsToMany", "target": "tags"},
        )
        _ = (
            await self.post(
                "collections/categories/fields:create",
                {"name": "posts", "type": "hasMany", "target": "posts", "foreignKey": "categoryId"},
            )
        ).data

    async def workflow(
        self,
        collection: str,
        *nodes: Mapping[str, Any],
        key: str | None = None,
        sync: bool = False,
        enabled: bool = True,
        config: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> dict[str, Any]:
        """A workflow on a collection with nodes one after the other; local unless config says."""
        values = {
            "type": "action",
            "title": key or "a workflow",
            "sync": sync,
            "config": {"collection": collection, **(config or {})},
            **others,
        }
        if key is not None:
            values["key"] = key
        made: dict[str, Any] = (await self.post("workflows:create", values)).data
        upstream = None
        for node in nodes:
            upstream = (
                await self.post(
                    f"workflows/{made['id']}/nodes:create", {"upstreamId": upstream, **node}
                )
            ).data["id"]
        if enabled:
            _ = (await self.post(f"workflows:update/{made['id']}", {"enabled": True})).data
        return made

    async def executions(self, **filter_: Any) -> list[dict[str, Any]]:
        """The executions that match, oldest first."""
        reply = await self.get("executions:list", filter=filter_, sort="id", pageSize="1000")
        found: list[dict[str, Any]] = reply.data
        return found

    async def ended(self, execution_id: int) -> dict[str, Any]:
        """An execution with its jobs, as soon as it has ended."""
        found: dict[str, Any] = {}
        for _ in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
            found = (await self.get(f"executions:get/{execution_id}", appends="jobs")).data
            if found["status"] not in {None, 0}:
                return found
            await asyncio.sleep(POLL_SECONDS)
        raise AssertionError(f"execution {execution_id} has not ended: {found}")


PRESETS: tuple[dict[str, Any], ...] = (
    {"name": "id", "type": "snowflakeId", "primaryKey": True, "interface": "snowflakeId"},
    {"name": "createdAt", "type": "date", "interface": "createdAt"},
    {"name": "updatedAt", "type": "date", "interface": "updatedAt"},
    {
        "name": "createdBy",
        "type": "belongsTo",
        "target": "users",
        "foreignKey": "createdById",
        "interface": "createdBy",
    },
    {
        "name": "updatedBy",
        "type": "belongsTo",
        "target": "users",
        "foreignKey": "updatedById",
        "interface": "updatedBy",
    },
)
