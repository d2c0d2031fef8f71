"""Executions as people look at them: the list, one of them live, and what can be done with it."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.troubles import Troubles
from tests.browser.words import Words

SETTLED_MILLISECONDS = 700
SUM: dict[str, Any] = {
    "type": "calculation",
    "title": "Add up",
    "config": {"engine": "cel", "expression": "1 + 1"},
}
BREAKS: dict[str, Any] = SUM | {
    "title": "Divide",
    "config": {"engine": "cel", "expression": "1 / 0"},
}
DAY = {"type": "delay", "title": "Wait a day", "config": {"duration": 1, "unit": 86_400_000}}


@pytest.fixture
def posts(server: Server) -> Server:
    """The server, with a table."""
    title = {"name": "title", "type": "string", "uiSchema": {"title": "Title"}}
    server.table("posts", title, title="Posts", titleField="title")
    return server


def workflow(server: Server, key: str, title: str, *nodes: dict[str, Any]) -> int:
    """A workflow on posts with nodes one after the other; its id."""
    values = {"key": key, "title": title, "type": "action", "config": {"collection": "posts"}}
    made: int = server.api("workflows:create", values)["id"]
    upstream = None
    for node in nodes:
        place = {"upstreamId": upstream}
        upstream = server.api(f"workflows/{made}/nodes:create", {**node, **place})["id"]
    _ = server.api(f"workflows:update/{made}", {"enabled": True})
    return made


def started(server: Server, key: str, title: str = "x") -> tuple[int, int]:
    """Make a post that starts a workflow: the ids of the post and of the execution."""
    post: int = server.api("posts:create", {"title": title}, triggerWorkflows=key)["id"]
    [row] = server.api("executions:list", filter={"recordKey": str(post)})
    return post, row["id"]


def row(page: Page, words: str) -> Any:
    return page.get_by_role("row", name=re.compile(words))


def test_the_list_says_what_started_each_and_where_it_ended(page: Page, posts: Server) -> None:
    made = workflow(posts, "sum", "Sum", SUM)
    _ = workflow(posts, "breaks", "Breaks", SUM, BREAKS)
    ada = posts.person("ada", "admin")
    post, execution = started(ada, "breaks")
    _ = posts.ended(execution)
    me = posts.api("auth:check")["id"]
    _ = posts.api(f"workflows:execute/{made}", {"data": {"title": "y"}, "userId": me})
    page.goto("/executions")

    failed = row(page, "Breaks")
    expect(failed).to_contain_text(f"Posts #{post} · by Ada")
    expect(failed).to_contain_text("Breaks v1")
    expect(failed.get_by_role("cell", name="Divide")).to_be_visible()
    expect(row(page, "Sum")).to_contain_text("by hand")
    failed.get_by_role("link", name=f"Posts #{post}").click()
    expect(page).to_have_url(re.compile(rf"/data/posts\?record=.*{post}"))


def test_filters_are_in_the_url_and_come_back_from_it(page: Page, posts: Server) -> None:
    _ = workflow(posts, "sum", "Sum", SUM)
    _ = workflow(posts, "breaks", "Breaks", BREAKS)
    ada = posts.person("ada", "admin")
    first, one = started(ada, "sum")
    second, two = started(posts, "sum")
    third, three = started(posts, "breaks")
    for each in (one, two, three):
        _ = posts.ended(each)

    def shown(*records: int) -> None:
        links = page.get_by_role("link", name=re.compile("^Posts #"))
        expect(links).to_have_text([f"Posts #{each}" for each in records])

    def choose(label: str, option: str) -> None:
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=option, exact=True).click()

    page.goto("/executions")
    shown(third, second, first)
    choose("State", "Failed")
    expect(page).to_have_url(re.compile("state=failed"))
    shown(third)
    page.goto("/executions?workflow=sum&time=today")
    shown(second, first)
    choose("User", "Ada")
    expect(page).to_have_url(re.compile(r"user=\d+"))
    shown(first)
    page.reload()
    shown(first)
    expect(page.get_by_role("combobox", name="User")).to_have_value("Ada")
    page.goto("/executions")
    choose("Table", "Posts")
    page.get_by_role("textbox", name="Record key").fill(str(second))
    expect(page).to_have_url(re.compile(f"record=.*{second}"))
    shown(second)

    # What was left out is not among what was cancelled.
    one_at_a_time = workflow(posts, "lone", "Lone", DAY)
    options = {"options": {"flow": {"mode": "skip"}}}
    _ = posts.api(f"workflows:update/{one_at_a_time}", options)
    _, cancelled = started(posts, "lone")
    left_out, skipped = started(posts, "lone")
    assert posts.ended(skipped)["status"] == -4
    _ = posts.api(f"executions:cancel/{cancelled}", {})
    page.goto("/executions")
    choose("State", "Skipped")
    expect(page).to_have_url(re.compile("state=skipped"))
    shown(left_out)
    choose("State", "Cancelled")
    expect(page.get_by_role("link", name=f"Posts #{left_out}")).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("^Posts #"))).to_have_count(1)


def test_new_executions_come_by_themselves_and_wait_where_somebody_reads(
    page: Page, posts: Server
) -> None:
    _ = workflow(posts, "sum", "Sum", SUM)
    for number in range(30):
        _ = posts.api("posts:create", {"title": str(number)}, triggerWorkflows="sum")
    page.goto("/executions")
    rows = page.get_by_role("row", name=re.compile("Sum"))
    expect(rows).to_have_count(30)
    # What begins before the stream is open is read with the list; what comes by itself is marked.
    for count in range(31, 41):
        _ = started(posts, "sum")
        expect(rows).to_have_count(count)
        if rows.first.get_attribute("data-arrived") is not None:
            break
    shown = rows.count()
    rows.last.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('table').closest('div').scrollTop > 0")
    page.wait_for_timeout(200)  # the page hears of the scrolling with the next frame
    latest, _ = started(posts, "sum")
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    expect(rows).to_have_count(shown)
    page.get_by_role("button", name="1 new").click()

    expect(rows).to_have_count(shown + 1)
    expect(rows.first).to_contain_text(f"#{latest}")
    expect(rows.first).to_be_in_viewport()


def test_what_ends_stays_among_those_at_work_but_dimmed(page: Page, posts: Server) -> None:
    _ = workflow(posts, "slow", "Slow", DAY)
    _, execution = started(posts, "slow")
    with page.expect_response(re.compile("executions:stream")):
        page.goto("/executions?state=active")
    # The list is read once more when its stream is open.
    page.wait_for_timeout(SETTLED_MILLISECONDS)
    slow = row(page, "Slow")
    expect(slow).to_contain_text("Running")
    expect(slow.get_by_role("cell", name="Wait a day")).to_be_visible()
    _ = posts.api(f"executions:cancel/{execution}", {})

    expect(slow).to_contain_text("Cancelled")
    expect(slow).to_have_attribute("data-past", "true")
    page.reload()
    expect(page.get_by_text("No execution here.")).to_be_visible()


def run_again(page: Page, start: str) -> None:
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("menuitem", name=start).click()


def test_chosen_ones_are_cancelled_and_run_again(page: Page, posts: Server) -> None:
    _ = workflow(posts, "slow", "Slow", DAY)
    _, execution = started(posts, "slow")
    page.goto("/executions")
    row(page, "Slow").get_by_role("checkbox").check()
    expect(page.get_by_role("button", name="Delete")).to_be_disabled()
    page.get_by_role("button", name="Cancel execution").click()
    expect(row(page, "Slow")).to_contain_text("Cancelled")
    row(page, "Slow").get_by_role("checkbox").check()
    run_again(page, "From the start")
    expect(page.get_by_text("1 execution was started.")).to_be_visible()

    expect(row(page, "Slow")).to_have_count(2)
    expect(row(page, "Slow").first).to_contain_text("run again")
    [again] = posts.api("executions:list", filter={"rerunOfId": execution})
    assert again["status"] in {None, 0}


def test_all_that_match_are_meant_once_their_number_was_asked(page: Page, posts: Server) -> None:
    _ = workflow(posts, "sum", "Sum", SUM)
    _ = workflow(posts, "slow", "Slow", DAY)
    _, slow = started(posts, "slow")
    ids = [started(posts, "sum")[1] for _ in range(22)]
    for each in ids:
        _ = posts.ended(each)

    def choose_all(number: int) -> None:
        page.goto("/executions?size=20")
        expect(page.get_by_role("row")).to_have_count(21)
        page.get_by_role("checkbox", name="Select all").check()
        expect(page.get_by_text("20 selected")).to_be_visible()
        page.get_by_role("button", name=f"Select all {number} that match").click()
        expect(page.get_by_text(f"{number} selected")).to_be_visible()

    # Only the one that is still at work can be cancelled.
    dialog = page.get_by_role("dialog")
    choose_all(23)
    page.get_by_role("button", name="Cancel execution").click()
    expect(dialog.get_by_text("1 execution matches.")).to_be_visible()
    assert posts.api(f"executions:get/{slow}")["status"] == 0
    dialog.get_by_role("button", name="Cancel them").click()
    expect(dialog).to_have_count(0)
    assert posts.ended(slow)["status"] == -3

    _, slow = started(posts, "slow")
    choose_all(24)
    page.get_by_role("button", name="Delete").click()
    # The one that is still at work cannot be deleted.
    expect(dialog.get_by_text("23 executions match.")).to_be_visible()
    assert len(posts.api("executions:list", pageSize="100")) == 24
    dialog.get_by_role("button", name="Delete them").click()

    expect(page.get_by_role("row")).to_have_count(2)
    assert [each["id"] for each in posts.api("executions:list")] == [slow]


def test_all_that_failed_are_run_again_from_where_they_failed(page: Page, posts: Server) -> None:
    _ = workflow(posts, "breaks", "Breaks", SUM, BREAKS)
    ids = [started(posts, "breaks")[1] for _ in range(21)]
    for each in ids:
        _ = posts.ended(each)
    page.goto("/executions?size=20&state=failed")
    page.get_by_role("checkbox", name="Select all").check()
    page.get_by_role("button", name="Select all 21 that match").click()
    run_again(page, "From the failed step")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("21 executions match.")).to_be_visible()
    dialog.get_by_role("button", name="Run them again").click()

    expect(page.get_by_text("21 executions were started.")).to_be_visible()
    again = posts.api("executions:list", filter={"rerunOfId": {"$in": ids}}, pageSize="100")
    assert sorted(each["rerunOfId"] for each in again) == sorted(ids)


def test_the_list_in_french(browse: Browse, posts: Server) -> None:
    _ = workflow(posts, "breaks", "Casse", BREAKS)
    post, execution = started(posts, "breaks")
    _ = posts.ended(execution)
    page = browse(language="fr")
    page.goto("/executions")
    page.get_by_role("combobox", name="État").click()
    page.get_by_role("option", name="Échouées").click()

    expect(row(page, "Casse")).to_contain_text(f"Posts nº\u202f{post} · par")
    expect(page.get_by_role("columnheader", name="Déclencheur")).to_be_visible()


# --- one execution ------------------------------------------------------------------------

SHORT = DAY | {"title": "Wait a little", "config": {"duration": 6, "unit": 1000}}
SAYS: dict[str, Any] = {
    "type": "calculation",
    "title": "Greet",
    "key": "greet",
    "config": {"engine": "string", "expression": "Hello {{$context.data.title}}"},
}


def test_an_execution_goes_from_waiting_to_done_before_ones_eyes(page: Page, posts: Server) -> None:
    _ = workflow(posts, "slow", "Slow", SAYS, SHORT, SUM)
    _, execution = started(posts, "slow", "Ada")
    page.goto(f"/executions/{execution}")
    duration = page.get_by_test_id("duration")
    expect(page.get_by_text("Waiting", exact=True)).to_be_visible()
    before = duration.inner_text()
    expect(duration).not_to_have_text(before)
    expect(page.get_by_role("link", name="v1", exact=True)).to_be_visible()

    fall = page.get_by_role("list", name="When each step ran")
    expect(fall.get_by_role("button")).to_have_text(
        [re.compile("^Greet"), re.compile("^Wait a little"), re.compile("^Add up")]
    )
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    # A second of waiting among milliseconds of work is drawn shorter than it was.
    share = fall.locator("[data-compressed]").evaluate(
        "bar => bar.offsetWidth / bar.parentElement.offsetWidth"
    )
    assert 0.35 < share < 0.45


def test_the_input_of_a_step_is_filled_in(page: Page, posts: Server) -> None:
    _ = workflow(posts, "greets", "Greets", SAYS)
    _, execution = started(posts, "greets", "Ada")
    _ = posts.ended(execution)
    page.goto(f"/executions/{execution}")
    bar = page.get_by_role("list", name="When each step ran").get_by_role("button")
    bar.hover()
    expect(page.get_by_test_id("node-greet")).to_have_attribute("data-pointed", "true")
    page.get_by_test_id("node-greet").hover()
    expect(bar).to_have_attribute("data-pointed", "true")
    page.get_by_test_id("node-greet").click()
    panel = page.get_by_role("complementary", name="Step")

    expect(panel.get_by_text('"Hello Ada"')).to_be_visible()
    expect(panel.get_by_text("engine:")).to_be_visible()
    panel.get_by_text("Attempts").click()
    expect(panel.get_by_role("list", name="Attempts")).to_contain_text("Attempt 1")


def test_a_failed_step_says_why_in_the_list_view(page: Page, posts: Server) -> None:
    _ = workflow(posts, "breaks", "Breaks", SUM, BREAKS | {"key": "divide"}, SAYS)
    post, execution = started(posts, "breaks")
    _ = posts.ended(execution)
    page.set_viewport_size({"width": 800, "height": 900})
    page.goto(f"/executions/{execution}")
    steps = page.get_by_role("list", name="Steps").get_by_role("listitem")
    expect(steps).to_have_text(
        [
            re.compile("^Add upSucceeded"),
            re.compile("^DivideError"),
            "GreetThis step was not reached.",
        ]
    )
    steps.get_by_role("button", name="Divide").click()
    expect(page.get_by_role("alert")).to_contain_text("(step divide, attempt 1 of 1)")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    summary = page.get_by_role("complementary", name="Summary")
    expect(summary.get_by_role("link", name=f"Posts #{post}")).to_be_visible()
    expect(summary).to_contain_text("A call that created the record")


RETRIED: dict[str, Any] = BREAKS | {
    "title": "Insist",
    "key": "insist",
    "config": BREAKS["config"] | {"onFailure": {"attempts": 3, "delay": 3_600_000}},
}


def test_a_step_that_will_be_tried_again_says_when(
    browse: Browse, page: Page, posts: Server
) -> None:
    _ = workflow(posts, "insists", "Insists", RETRIED)
    _, execution = started(posts, "insists")
    page.goto(f"/executions/{execution}")
    node = page.get_by_test_id("node-insist")
    expect(node).to_contain_text(re.compile(r"Attempt 1 of 3, next at \d"))
    expect(node).to_contain_text("To be tried again")
    node.click()
    panel = page.get_by_role("complementary", name="Step")
    expect(panel.get_by_role("alert")).to_contain_text("attempt 1 of 3")
    panel.get_by_text("Attempts").click()
    attempts = panel.get_by_role("list", name="Attempts")
    expect(attempts).to_contain_text("The next one is due at")
    expect(attempts).to_contain_text("zero")
    assert_accessible(page)

    french = browse(language="fr", theme="dark")
    french.goto(f"/executions/{execution}")
    expect(french.get_by_test_id("node-insist")).to_contain_text("Tentative 1/3, suite à")


def test_an_execution_that_failed_is_run_again_from_there(page: Page, posts: Server) -> None:
    made = workflow(posts, "breaks", "Breaks", SUM | {"key": "sum"}, BREAKS | {"key": "divide"})
    _, execution = started(posts, "breaks")
    _ = posts.ended(execution)
    filter_ = {"key": "breaks"}
    revised = posts.api(f"workflows:revision/{made}", {}, filter=filter_)["id"]
    nodes = posts.api("flow_nodes:list", filter={"workflowId": revised, "key": "divide"})
    mended = {"config": {"engine": "cel", "expression": "6 / 2"}}
    _ = posts.api(f"flow_nodes:update/{nodes[0]['id']}", mended)
    _ = posts.api(f"workflows:update/{revised}", {"enabled": True})
    page.goto(f"/executions/{execution}")
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("menuitemcheckbox", name="On the newest version").click()
    assert_accessible(page)
    page.get_by_role("menuitem", name="From the failed step").click()
    expect(page).not_to_have_url(re.compile(str(execution)))

    [again] = posts.api("executions:list", filter={"rerunOfId": execution})
    assert posts.ended(again["id"])["status"] == 1
    expect(page).to_have_url(re.compile(str(again["id"])))
    expect(page.get_by_test_id("node-sum")).to_contain_text("Kept")
    expect(page.get_by_test_id("node-divide")).not_to_contain_text("Kept")
    summary = page.get_by_role("complementary", name="Summary")
    summary.get_by_role("link", name=str(execution)).click()
    expect(page).to_have_url(re.compile(str(execution)))
    expect(summary.get_by_text("Repeated by")).to_be_visible()
    expect(summary.get_by_role("link", name=str(again["id"]))).to_be_visible()


MAKES = {
    "type": "create",
    "title": "Make a note",
    "key": "make",
    "config": {"collection": "notes", "params": {"values": {"title": "a note"}}},
}


def test_the_summary_tells_what_led_to_an_execution_and_what_it_started(
    page: Page, posts: Server
) -> None:
    posts.table("notes", {"name": "title", "type": "string"}, title="Notes")
    _ = workflow(posts, "makes", "Makes", MAKES)
    config = {"collection": "notes", "mode": 1}
    values = {"key": "follows", "title": "Follows", "type": "collection", "config": config}
    _ = posts.api("workflows:create", values | {"enabled": True})
    _, first = started(posts, "makes")
    _ = posts.ended(first)
    [second] = posts.api("executions:list", filter={"causeExecutionId": first})
    _ = posts.ended(second["id"])
    page.goto(f"/executions/{second['id']}")
    chain = page.get_by_role("list", name="How it came about")
    expect(chain.get_by_role("listitem")).to_have_text(
        [
            "A call that created the record",
            re.compile(rf"Makes {first} Succeeded *Make a note"),
            "This execution",
        ]
    )
    assert_accessible(page)
    chain.get_by_role("link", name="Make a note").click()
    expect(page).to_have_url(re.compile(rf"{first}\?step="))
    expect(page.get_by_role("complementary", name="Step")).to_contain_text("Make a note")
    page.get_by_test_id("node-trigger").click()

    outcome = page.get_by_role("list", name="What it started")
    expect(outcome.get_by_role("link", name=str(second["id"]))).to_be_visible()


def test_an_execution_is_cancelled_and_run_again(
    page: Page, posts: Server, troubles: Troubles
) -> None:
    _ = workflow(posts, "slow", "Slow", DAY)
    post, execution = started(posts, "slow", "Ada")
    page.goto(f"/executions/{execution}")
    page.get_by_role("button", name="Cancel execution").click()
    expect(page.get_by_role("alert")).to_contain_text("It was cancelled by hand.")
    run_again(page, "From the start")
    expect(page).not_to_have_url(re.compile(str(execution)))
    [again] = posts.api("executions:list", filter={"rerunOfId": execution})
    expect(page).to_have_url(re.compile(str(again["id"])))
    assert again["context"]["data"]["title"] == "Ada"
    assert again["recordKey"] == str(post)

    # What the server refuses is said.
    troubles.expect(400)
    page.route(
        "**/executions:cancel?*",
        lambda route: route.fulfill(
            status=400, json={"code": "EXECUTION_ENDED", "detail": "It has ended already."}
        ),
    )
    page.get_by_role("button", name="Cancel execution").click()
    expect(page.get_by_role("alert")).to_contain_text("It has ended already.")


def test_a_lost_connection_is_shown_and_comes_back(
    page: Page, posts: Server, troubles: Troubles
) -> None:
    _ = workflow(posts, "slow", "Slow", DAY)
    _, execution = started(posts, "slow")
    page.route("**/executions:stream*", lambda route: route.abort())
    page.goto(f"/executions/{execution}")
    expect(page.get_by_text("Reconnecting…")).to_be_visible()
    _ = posts.api(f"executions:cancel/{execution}", {})
    page.unroute("**/executions:stream*")

    expect(page.get_by_text("Reconnecting…")).to_have_count(0)
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    assert all("executions:stream" in each for each in troubles.found)
    troubles.found.clear()


def test_an_execution_in_french(browse: Browse, posts: Server) -> None:
    _ = workflow(posts, "breaks", "Casse", BREAKS | {"key": "divide"})
    _, execution = started(posts, "breaks")
    _ = posts.ended(execution)
    page = browse(language="fr")
    page.goto(f"/executions/{execution}")
    expect(page.get_by_text("Un appel qui a créé l’enregistrement")).to_be_visible()
    page.get_by_test_id("node-divide").click()

    expect(page.get_by_role("alert")).to_contain_text("(étape divide, tentative 1 sur 1)")
    words = Words("fr")
    page.get_by_role("button", name=words("executions:again")).click()
    page.get_by_role("menuitem", name=words("executions:again.failed")).click()
    expect(page).not_to_have_url(re.compile(str(execution)))
    expect(
        page.get_by_role("complementary").get_by_text(words("executions:rerunOf"))
    ).to_be_visible()
    [again] = posts.api("executions:list", filter={"rerunOfId": execution})
    expect(page).to_have_url(re.compile(str(again["id"])))


def test_the_palette_finds_records_workflows_and_executions(page: Page, posts: Server) -> None:
    _ = workflow(posts, "wf-sum", "Total", SUM)
    post, execution = started(posts, "wf-sum", "Letters from the archive")
    for number in range(7):
        posts.table(f"other{number}", {"name": "title", "type": "string"})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/tables")
    page.get_by_role("button", name="Search").click()
    palette = page.get_by_role("dialog")
    field = palette.get_by_role("searchbox").or_(palette.get_by_role("textbox"))
    field.fill("wf-sum")
    expect(palette.get_by_role("button", name="Total")).to_be_visible()
    field.fill(str(execution))
    expect(palette.get_by_role("button", name=f"Open execution {execution}")).to_be_visible()
    asked.clear()
    field.fill("the archi")
    palette.get_by_role("button", name="Letters from the archive").click()

    expect(page).to_have_url(re.compile(rf"/data/posts\?record=.*{post}"))
    # Each table once; what was asked for an earlier text may still be on its way.
    searches = [urlsplit(each) for each in asked]
    tables = [each.path for each in searches if parse_qs(each.query).get("search") == ["the archi"]]
    assert (len(tables), len(set(tables))) == (8, 8)
