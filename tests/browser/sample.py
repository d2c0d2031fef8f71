"""A small magazine: what the pictures show, and what tests of whole screens look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.browser.server import Server

CATEGORIES = ("Culture", "Food", "Politics", "Science", "Sport", "Travel")
STATUSES = {"draft": "Draft", "review": "In review", "published": "Published"}
AUTHORS = ("Ada Martin", "Élise Moreau", "Jonas Weber", "Noor Haddad")
TITLES = (
    "A year in the mountains",
    "Bread, slowly",
    "The last night train",
    "What the tide leaves behind",
    "A short history of chess clocks",
    "Bonjour, le monde!",
    "Seven bridges, one river",
    "How cities learn to breathe",
    "The market before sunrise",
    "Letters from the archive",
    "Counting swifts",
    "A kitchen without a stove",
    "The referee’s diary",
    "Old maps, new borders",
    "Listening to glaciers",
    "The quiet vote",
    "Salt roads",
    "Learning to lose",
    "The lighthouse engineer",
    "Under the opera",
    "Wild garlic season",
    "Half a marathon",
    "Notes on the budget",
    "The museum at night",
    "Why rivers meander",
    "The mayor’s bicycle",
    "An island for a week",
    "Sourdough, revisited",
    "The penalty that was not",
    "Two hundred days of rain",
    "The poem in the timetable",
    "A vineyard in the north",
    "The long count",
    "Stars over the suburb",
    "Recipes from the ferry",
    "The bell founder",
)
LONG = 2
"""The number of a post that has enough words for the branch of those that are published."""
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Sample:
    """What was made: where the pictures are taken."""

    record: int
    workflow: str
    execution: int


def make(server: Server) -> Sample:
    """Make tables, records, workflows, executions, buttons, users and a key."""
    _make_tables(server)
    categories = [server.api("categories:create", {"title": title})["id"] for title in CATEGORIES]
    for number, name in enumerate(AUTHORS):
        nickname = name.split()[0].lower().replace("é", "e")
        values: dict[str, Any] = {"nickname": name, "username": nickname, "password": PASSWORD}
        values |= {"email": f"{nickname}@example.test"}
        values["roles"] = ["admin", "member"] if number == 0 else ["member"]
        _ = server.api("users:create", values)
    _make_role(server)
    workflow = _make_workflows(server)
    _make_buttons(server, workflow)
    posts = [_make_post(server, number, categories) for number in range(len(TITLES))]
    executions = [_start(server, workflow, post) for post in posts[:9]]
    others = [_start(server, "check-facts", posts[9]), _start(server, "remind", posts[10])]
    asked = [_start(server, "may-print", post) for post in posts[11:14]]
    for name, days in (("Website", "90d"), ("Nightly import", "30d")):
        values = {"name": name, "role": {"name": "admin"}, "expiresIn": days}
        _ = server.api("apiKeys:create", values)
    for execution in (*executions, others[0]):
        _ = server.ended(execution)
    for execution in asked:
        server.waits(execution)
    return Sample(posts[LONG], workflow, executions[LONG])


def _titled(name: str, type_: str, title: str, **options: Any) -> dict[str, Any]:
    schema = {"title": title, **options.pop("schema", {})}
    return {"name": name, "type": type_, "uiSchema": schema, **options}


def _make_tables(server: Server) -> None:
    server.table(
        "categories",
        _titled("title", "string", "Title", unique=True),
        title="Categories",
        titleField="title",
    )
    choices = [{"value": value, "label": label} for value, label in STATUSES.items()]
    server.table(
        "posts",
        _titled("title", "string", "Title", allowNull=False),
        _titled(
            "status",
            "string",
            "Status",
            interface="select",
            defaultValue="draft",
            schema={"enum": choices},
        ),
        _titled("category", "belongsTo", "Category", target="categories"),
        _titled("author", "string", "Author"),
        _titled("words", "integer", "Words"),
        _titled("featured", "boolean", "Featured", defaultValue=False),
        _titled("appearsOn", "dateOnly", "Appears on"),
        _titled("content", "text", "Content"),
        title="Posts",
        titleField="title",
    )


def _make_post(server: Server, number: int, categories: Sequence[int]) -> int:
    values = {
        "title": TITLES[number],
        "status": tuple(STATUSES)[number * 5 % 7 % 3],
        "categoryId": categories[number * 7 % len(categories)],
        "author": AUTHORS[number * 3 % len(AUTHORS)],
        "words": 320 + number * 397 % 2400,
        "featured": number % 5 == 0,
        "appearsOn": f"2026-{1 + number % 9:02}-{1 + number * 11 % 27:02}",
        "content": "The first train left before anybody was awake, and we were on it.",
    }
    made: int = server.api("posts:create", values)["id"]
    return made


def _make_role(server: Server) -> None:
    editor = {"name": "editor", "title": "Editor", "strategy": {"actions": ["view", "update:own"]}}
    _ = server.api("roles:create", editor)


def _make_workflows(server: Server) -> str:
    """Some of each state; the key of the one with branches."""
    workflow = _make_workflow(server, "publish", "Publish a post", appends=["category"])
    asks = _make_node(
        server,
        workflow,
        "condition",
        "Long enough?",
        rejectOnFalse=False,
        calculation={
            "group": {
                "type": "and",
                "calculations": [
                    {"calculator": "gte", "operands": ["{{$context.data.words}}", 1000]},
                    {"calculator": "notEqual", "operands": ["{{$context.data.author}}", ""]},
                ],
            }
        },
    )
    found = _make_node(
        server,
        workflow,
        "query",
        "Posts of the same category",
        upstreamId=asks,
        branchIndex=1,
        collection="posts",
        multiple=True,
        params={"filter": {"categoryId": "{{$context.data.categoryId}}"}, "pageSize": 5},
    )
    _ = _change_status(server, workflow, "Publish it", "published", upstreamId=found)
    _ = _change_status(
        server, workflow, "Send it to review", "review", upstreamId=asks, branchIndex=0
    )
    _ = _make_node(
        server,
        workflow,
        "calculation",
        "Minutes to read",
        upstreamId=asks,
        engine="cel",
        expression="context.data.words / 200",
    )
    _turn_on(server, workflow)
    told = _make_workflow(server, "tell-author", "Tell the author", sync=True)
    _ = _make_node(
        server, told, "response-message", "Say it", message="{{$context.data.title}} is out."
    )
    _turn_on(server, told)
    checks = _make_workflow(server, "check-facts", "Check the facts")
    _ = _make_node(
        server, checks, "calculation", "Facts per word", engine="cel", expression="1 / 0"
    )
    _turn_on(server, checks)
    reminds = _make_workflow(server, "remind", "Remind the author after a week")
    _ = _make_node(server, reminds, "delay", "Wait a week", duration=1, unit=604_800_000)
    _turn_on(server, reminds)
    asks = _make_workflow(server, "may-print", "May it go into print?")
    question = {
        "assignees": [server.api("auth:check")["id"]],
        "title": "Print “{{$context.data.title}}”?",
        "description": "The issue closes on Thursday.\nSay which section it goes into.",
        "fields": [
            {
                "name": "section",
                "label": {"en": "Section", "fr": "Rubrique"},
                "type": "select",
                "options": list(CATEGORIES),
                "required": True,
            },
            {"name": "pages", "label": {"en": "Number of pages", "fr": "Pages"}, "type": "number"},
        ],
        "deadline": 604_800_000,
    }
    values = {"type": "manual", "title": "Ask the editor", "config": question}
    _ = server.api(f"workflows/{asks}/nodes:create", values)
    _turn_on(server, asks)
    _ = _make_workflow(server, "archive", "Archive old posts")
    _make_announcement(server)
    return "publish"


def _make_announcement(server: Server) -> None:
    """A workflow with a step that is tried again, and what is done when that does not help."""
    announces = _make_workflow(server, "announce", "Announce a post")
    told = _make_node(
        server,
        announces,
        "request",
        "Tell the newsletter",
        method="POST",
        url="https://newsletter.example/posts",
        onFailure={"attempts": 5, "delay": 2000, "then": "branch"},
    )
    _ = _change_status(
        server, announces, "Send it to review", "review", upstreamId=told, branchIndex=-1
    )
    _ = _make_node(
        server,
        announces,
        "calculation",
        "Minutes to read",
        upstreamId=told,
        engine="cel",
        expression="context.data.words / 200",
    )


def _make_workflow(
    server: Server, key: str, title: str, *, sync: bool = False, **config: Any
) -> int:
    values = {"type": "action", "key": key, "title": title, "sync": sync}
    made: int = server.api(
        "workflows:create", {**values, "config": {"collection": "posts", **config}}
    )["id"]
    return made


def _make_node(
    server: Server,
    workflow: int,
    type_: str,
    title: str,
    *,
    upstreamId: int | None = None,  # noqa: N803 - as the API has it
    branchIndex: int | None = None,  # noqa: N803
    **config: Any,
) -> int:
    place = {"upstreamId": upstreamId, "branchIndex": branchIndex}
    values = {"type": type_, "title": title, "config": config, **place}
    made: int = server.api(f"workflows/{workflow}/nodes:create", values)["id"]
    return made


def _change_status(server: Server, workflow: int, title: str, status: str, **place: int) -> int:
    params = {"filter": {"id": "{{$context.data.id}}"}, "values": {"status": status}}
    return _make_node(server, workflow, "update", title, collection="posts", params=params, **place)


def _turn_on(server: Server, workflow: int) -> None:
    _ = server.api(f"workflows:update/{workflow}", {"enabled": True})


def _make_buttons(server: Server, workflow: str) -> None:
    button = {
        "collection": "posts",
        "label": {"en": "Publish", "fr": "Publier"},
        "icon": "send",
        "style": "primary",
        "scope": "record",
        "workflows": [{"key": workflow, "path": ""}],
    }
    _ = server.api("buttons:create", button)
    told = {"label": {"en": "Tell the author", "fr": "Prévenir l’auteur"}, "style": "default"}
    told |= {"icon": "mail", "workflows": [{"key": "tell-author", "path": ""}]}
    _ = server.api("buttons:create", button | told)


def _start(server: Server, workflow: str, post: int) -> int:
    """Start a workflow as its button does; the id of the execution."""
    response = server.http.post(
        f"/api/posts:update/{post}",
        params={"triggerWorkflows": workflow},
        json={"featured": True},
        headers={"Authorization": f"Bearer {server.token}"},
    )
    [outcome] = response.raise_for_status().json()["meta"]["workflows"]
    started: int = outcome["executionId"]
    return started
