"""What is measured on: collections, a member with field permissions, workflows, and records."""

import json
from collections.abc import Mapping, Sequence

import asyncpg

from bench.load import Request
from bench.process import Server

FIELDS = (
    {"name": "title", "type": "string"},
    {"name": "content", "type": "text"},
    {"name": "status", "type": "string"},
    {"name": "views", "type": "integer"},
    {"name": "score", "type": "double"},
    {"name": "published", "type": "boolean"},
    {"name": "publishedAt", "type": "date"},
    {"name": "slug", "type": "string"},
    {"name": "language", "type": "string"},
    {"name": "rank", "type": "bigInt"},
    {"name": "categoryId", "type": "bigInt", "isForeignKey": True},
)
"""The eleven fields that a create sends."""

PRESETS = (
    {"name": "id", "type": "snowflakeId", "primaryKey": True},
    {"name": "createdAt", "type": "date"},
    {"name": "updatedAt", "type": "date"},
    {"name": "createdBy", "type": "belongsTo", "target": "users", "foreignKey": "createdById"},
)

BODY = {
    "title": "Bonjour, le monde!",
    "content": "Ceci est un message de test. " * 4,
    "status": "draft",
    "views": 17,
    "score": 4.5,
    "published": True,
    "publishedAt": "2026-01-02T03:04:05.678Z",
    "slug": "bonjour-le-monde",
    "language": "fr",
    "rank": 123456789,
    "categoryId": 3,
}

KEY = "bench"


def prepare(server: Server) -> None:
    """Make the collections, the permissions of `member`, and an account with that role."""
    fields = [*PRESETS, *FIELDS, {"name": "category", "type": "belongsTo", "target": "categories"}]
    _ = server.call(
        "collections:create",
        {"name": "categories", "fields": [*PRESETS, {"name": "title", "type": "string"}]},
    )
    _ = server.call("collections:create", {"name": "posts", "fields": fields})
    _ = server.call(
        "collections:create",
        {
            "name": "audit",
            "fields": [
                *PRESETS,
                {"name": "note", "type": "string"},
                {"name": "post", "type": "bigInt"},
            ],
        },
    )
    names = [field["name"] for field in FIELDS]
    _ = server.call(
        "roles/member/dataSourceResources:create",
        {
            "name": "posts",
            "actions": [
                {"name": "create", "fields": names},
                {"name": "view", "fields": [*names, "category"]},
            ],
        },
    )
    _ = server.call(
        "users:create",
        {"email": "member@bench.test", "password": "a member", "roles": ["member"]},
    )


NOTE = {
    "type": "create",
    "config": {
        "collection": "audit",
        "params": {"values": {"note": "{{$context.data.title}}", "post": "{{$context.data.id}}"}},
    },
}


def workflow(
    server: Server, *, key: str, sync: bool, nodes: Sequence[Mapping[str, object]] = ()
) -> None:
    """A local workflow on `posts` with these nodes one after the other."""
    made = server.call(
        "workflows:create",
        {
            "type": "action",
            "title": key,
            "key": key,
            "sync": sync,
            "config": {"collection": "posts"},
        },
    )["data"]
    upstream = None
    for node in nodes:
        values = {**node, "upstreamId": upstream}
        upstream = server.call(f"workflows/{made['id']}/nodes:create", values)["data"]["id"]
    _ = server.call(f"workflows:update/{made['id']}", {"enabled": True})


def member_token(server: Server) -> str:
    """A token of the member."""
    body = {"account": "member@bench.test", "password": "a member"}
    return server.call("auth:signIn", body)["data"]["token"]


def create(token: str, key: str) -> Request:
    """One create that starts the workflow `key`."""
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Role": "member",
        "Content-Type": "application/json",
    }
    path = f"/api/posts:create?triggerWorkflows={key}"
    return Request(path, json.dumps(BODY, ensure_ascii=False), headers)


async def fill(dsn: str, count: int) -> None:
    """Exactly `count` posts, 50 to a category, with their categories."""
    connection = await asyncpg.connect(dsn)
    try:
        _ = await connection.execute("TRUNCATE posts, categories, audit")
        _ = await connection.execute(
            'INSERT INTO categories (id, title, "createdAt", "updatedAt")'
            " SELECT n, 'category ' || n, now(), now() FROM generate_series(1, $1) n",
            count // 50,
        )
        _ = await connection.execute(
            'INSERT INTO posts (id, title, content, status, views, score, published, "publishedAt",'
            ' slug, language, rank, "categoryId", "createdAt", "updatedAt")'
            " SELECT 1000 + n, 'title ' || n, repeat('content ', 12), 'draft', n % 1000, 4.5, true,"
            " now(), 'slug-' || n, 'fr', n, 1 + n % $2, now(), now()"
            " FROM generate_series(1, $1) n",
            count,
            count // 50,
        )
        _ = await connection.execute("VACUUM ANALYZE posts")
        _ = await connection.execute("VACUUM ANALYZE categories")
        _ = await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
