"""The answer to a repeated write whose first answer is not stored: what is known of it now.

It is made of what was committed with the records: which they were, and which executions started.
"""

from typing import Any

from ensuite.api.answers import as_they_are
from ensuite.api.call import Answer, Call
from ensuite.api.conditions import scope_of
from ensuite.api.lists import shown_names
from ensuite.api.outcomes import if_deleted, told
from ensuite.api.records import LINKING
from ensuite.data.filters import EVERYTHING
from ensuite.data.idempotency import Facts
from ensuite.workflow.awaited import DELETED, states_of


async def answer_again(call: Call, facts: Facts) -> Answer:
    """What the call would be answered, had it been carried out just now.

    The records are as they are, as far as the role may view them; of one that is gone, or that
    the role does not see any more, the key is left.
    """
    if facts.action in LINKING:
        return Answer({})
    content: dict[str, Any] = {"data": await _data(call, facts)}
    if facts.workflows:
        content["meta"] = {"workflows": await _workflows(call, facts)}
    return Answer(content)


async def _data(call: Call, facts: Facts) -> Any:
    if facts.action == "destroy":
        return True if call.address.association is not None else len(facts.record_keys)
    collection = call.snapshot.catalog[facts.collection]
    view = call.snapshot.policy.may(call.actor, "view", collection)
    names = shown_names(collection, view)
    scope = EVERYTHING if view is None else scope_of(call, collection, view)
    now = await as_they_are(call, collection, facts.record_keys, names, scope)
    records = [
        {**dict(zip(collection.primary_key, keys, strict=True)), **record}
        for keys, record in zip(facts.record_keys, now, strict=True)
    ]
    many = facts.action == "update" or call.body.lstrip()[:1] == b"["
    return records if many else records[0]


async def _workflows(call: Call, facts: Facts) -> list[dict[str, Any]]:
    ids = [each for entry in facts.workflows for each in entry.get("executionIds", ())]
    states = await states_of(call.means.database, ids) if ids else {}
    enabled = call.snapshot.bindings.enabled
    entries: list[dict[str, Any]] = []
    for entry in facts.workflows:
        shown = {name: entry[name] for name in ("key", "path") if name in entry}
        if "executionIds" in entry:
            deleted = if_deleted(enabled.get(entry["key"]))
            own = {
                each: deleted if states[each] == DELETED else states[each]
                for each in entry["executionIds"]
            }
            shown |= told(list(own), own)
        else:
            shown |= {"state": "skipped", "reason": entry["reason"]}
        entries.append(shown)
    return entries
