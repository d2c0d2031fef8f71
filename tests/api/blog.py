"""A blog whose posts have an association of every kind, shared by the tests of a module."""

from collections import Counter
from typing import Any

from tests.client import Client

COLLECTIONS = ("regions", "categories", "tags", "posts", "notes", "covers", "postTags")

EMPTY: dict[str, Any] = {
    "title": None,
    "category": None,
    "tags": [],
    "notes": [],
    "cover": None,
    "marks": [],
}


async def make(api: Client) -> None:
    """Make the collections."""
    await api.collection("regions", {"name": "name", "type": "string"})
    await api.collection(
        "categories",
        {"name": "title", "type": "string"},
        {"name": "rank", "type": "integer"},
        {"name": "region", "type": "belongsTo", "target": "regions"},
    )
    await api.collection("tags", {"name": "name", "type": "string"})
    await api.collection(
        "posts",
        {"name": "title", "type": "string"},
        {"name": "category", "type": "belongsTo", "target": "categories"},
        {"name": "tags", "type": "belongsToMany", "target": "tags", "through": "postTags"},
        {"name": "notes", "type": "hasMany", "target": "notes"},
        {"name": "cover", "type": "hasOne", "target": "covers"},
        {"name": "marks", "type": "belongsToArray", "target": "tags"},
        {"name": "owner", "type": "belongsTo", "target": "users"},
        {"name": "readers", "type": "belongsToMany", "target": "users"},
    )
    await api.collection("notes", {"name": "text", "type": "string"})
    await api.collection("covers", {"name": "url", "type": "string"})
    weight = {"name": "weight", "type": "integer"}
    _ = (await api.post("collections/postTags/fields:create", weight)).data


async def post(api: Client, record_id: int) -> dict[str, Any]:
    """A post with all its associations, each by what it is called."""
    appends = "category,tags,notes,cover,marks,owner"
    record = (await api.get(f"posts:get/{record_id}", appends=appends)).data
    return {
        "title": record["title"],
        "category": record["category"] and record["category"]["title"],
        "tags": [each["name"] for each in record["tags"]],
        "notes": [each["text"] for each in record["notes"]],
        "cover": record["cover"] and record["cover"]["url"],
        "marks": [each["name"] for each in record["marks"]],
    }


async def sizes(api: Client) -> Counter[str]:
    """How many records each collection has."""
    return Counter(
        {
            name: (await api.get(f"{name}:list", pageSize="1")).body["meta"]["count"]
            for name in COLLECTIONS
        }
    )
