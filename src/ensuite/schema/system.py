"""The system's own collections: the same queries serve them, their writes have rules of their own.

Their tables come from the migrations; here is how clients see them (wire contract, sections 2.1,
3 to 5).  Fields are written as `name: type`, with the column where it is not the name in snake
case.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from ensuite.schema.collection import SYSTEM_SCHEMA, Collection, make_table
from ensuite.schema.field import Field, make_field

STAMPS = {
    "createdAt": "date",
    "updatedAt": "date",
    "createdById": "bigInt",
    "updatedById": "bigInt",
}

_definitions: Mapping[str, tuple[str, Mapping[str, str | Mapping[str, Any]]]] = {
    "users": (
        "users",
        {
            "id": {"type": "snowflakeId", "primaryKey": True},
            "nickname": "string",
            "username": {"type": "string", "unique": True},
            "email": {"type": "string", "unique": True},
            "phone": {"type": "string", "unique": True},
            "password": {"type": "password", "hidden": True},
            "appLang": "string",
            "passwordChangeTz": {"type": "bigInt", "hidden": True},
            "systemSettings": "json",
            **STAMPS,
            "roles": {
                "type": "belongsToMany",
                "target": "roles",
                "through": "rolesUsers",
                "foreignKey": "userId",
                "otherKey": "roleName",
                "sourceKey": "id",
                "targetKey": "name",
            },
        },
    ),
    "roles": (
        "roles",
        {
            "name": {"type": "uid", "primaryKey": True, "prefix": "r_"},
            "title": "string",
            "description": "text",
            "strategy": "json",
            "snippets": "json",
            "default": "boolean",
            "hidden": "boolean",
            "allowConfigure": "boolean",
            "allowNewMenu": "boolean",
            "createdAt": "date",
            "updatedAt": "date",
            "users": {
                "type": "belongsToMany",
                "target": "users",
                "through": "rolesUsers",
                "foreignKey": "roleName",
                "otherKey": "userId",
                "sourceKey": "name",
                "targetKey": "id",
            },
        },
    ),
    "rolesUsers": (
        "roles_users",
        {
            "userId": {"type": "bigInt", "primaryKey": True},
            "roleName": {"type": "string", "primaryKey": True},
            "default": "boolean",
            "createdAt": "date",
            "updatedAt": "date",
        },
    ),
    "rolesResourcesScopes": (
        "role_scopes",
        {
            "id": {"type": "snowflakeId", "primaryKey": True},
            "key": "uid",
            "name": "string",
            "dataSourceKey": "string",
            "resourceName": "string",
            "scope": "json",
        },
    ),
    "dataSourcesRolesResources": (
        "role_resources",
        {
            "id": {"type": "snowflakeId", "primaryKey": True},
            "roleName": "string",
            "dataSourceKey": "string",
            "name": "string",
            "usingActionsConfig": "boolean",
            "actions": {
                "type": "hasMany",
                "target": "dataSourcesRolesResourcesActions",
                "foreignKey": "rolesResourceId",
                "sourceKey": "id",
                "targetKey": "id",
            },
        },
    ),
    "dataSourcesRolesResourcesActions": (
        "role_resource_actions",
        {
            "id": {"type": "snowflakeId", "primaryKey": True},
            "rolesResourceId": {"type": "bigInt", "columnName": "resource_id"},
            "name": "string",
            "fields": "json",
            "scopeId": "bigInt",
            "scope": {
                "type": "belongsTo",
                "target": "rolesResourcesScopes",
                "foreignKey": "scopeId",
                "targetKey": "id",
            },
        },
    ),
    "apiKeys": (
        "api_keys",
        {
            "id": {"type": "snowflakeId", "primaryKey": True},
            "name": "string",
            "roleName": "string",
            "userId": {"type": "bigInt", "hidden": True},
            "prefix": "string",
            "expiresIn": "string",
            "expiresAt": "date",
            "createdAt": "date",
            "role": {
                "type": "belongsTo",
                "target": "roles",
                "foreignKey": "roleName",
                "targetKey": "name",
            },
        },
    ),
    "workflows": (
        "workflows",
        {
            "id": {"type": "snowflakeId", "primaryKey": True},
            "key": "uid",
            "title": "string",
            "description": "text",
            "enabled": "boolean",
            "current": "boolean",
            "type": "string",
            "triggerTitle": "string",
            "config": "json",
            "sync": "boolean",
            "options": "json",
            "executedAt": "date",
            **STAMPS,
            "nodes": {
                "type": "hasMany",
                "target": "flow_nodes",
                "foreignKey": "workflowId",
                "sourceKey": "id",
                "targetKey": "id",
                "sortBy": ["id"],
            },
            "executions": {
                "type": "hasMany",
                "target": "executions",
                "foreignKey": "workflowId",
                "sourceKey": "id",
                "targetKey": "id",
            },
            "revisions": {
                "type": "hasMany",
                "target": "workflows",
                "foreignKey": "key",
                "sourceKey": "key",
                "targetKey": "id",
                "sortBy": ["id"],
            },
            "stats": {
                "type": "hasOne",
                "target": "workflowStats",
                "foreignKey": "key",
                "sourceKey": "key",
                "targetKey": "key",
            },
            "versionStats": {
                "type": "hasOne",
                "target": "workflowVersionStats",
                "foreignKey": "id",
                "sourceKey": "id",
                "targetKey": "id",
            },
            "version": {
                "type": "hasOne",
                "target": "workflowVersions",
                "foreignKey": "id",
                "sourceKey": "id",
                "targetKey": "id",
            },
            "createdBy": {
                "type": "belongsTo",
                "target": "users",
                "foreignKey": "createdById",
                "targetKey": "id",
            },
            "updatedBy": {
                "type": "belongsTo",
                "target": "users",
                "foreignKey": "updatedById",
                "targetKey": "id",
            },
        },
    ),
    "workflowStats": (
        "workflow_stats",
        {"key": {"type": "string", "primaryKey": True}, "executed": "bigInt"},
    ),
    "workflowVersionStats": (
        "workflow_version_stats",
        {"id": {"type": "bigInt", "primaryKey": True}, "executed": "bigInt"},
    ),
    "workflowVersions": (
        "workflow_versions",
        {"id": {"type": "bigInt", "primaryKey": True}, "number": "bigInt"},
    ),
    "flow_nodes": (
        "flow_nodes",
        {
            "id": {"type": "snowflakeId", "primaryKey": True},
            "key": "uid",
            "title": "string",
            "workflowId": "bigInt",
            "upstreamId": "bigInt",
            "branchIndex": "integer",
            "downstreamId": "bigInt",
            "type": "string",
            "config": "json",
            "createdAt": "date",
            "updatedAt": "date",
            "workflow": {
                "type": "belongsTo",
                "target": "workflows",
                "foreignKey": "workflowId",
                "targetKey": "id",
            },
        },
    ),
    "executions": (
        "executions",
        {
            "id": {"type": "snowflakeId", "primaryKey": True},
            "workflowId": "bigInt",
            "key": "string",
            "eventKey": "uuid",
            "parentExecutionId": {"type": "bigInt", "columnName": "parent_id"},
            "causeExecutionId": {"type": "bigInt", "columnName": "cause_id"},
            "rerunOfId": {"type": "bigInt", "columnName": "rerun_of"},
            "stack": "json",
            "laneKey": "string",
            "status": "integer",
            "reason": "string",
            "collection": "string",
            "recordKey": "string",
            "action": "string",
            "userId": "bigInt",
            "context": "json",
            "output": "json",
            "manually": "boolean",
            "traceparent": "string",
            "createdAt": "date",
            "updatedAt": {"type": "date", "columnName": "finished_at"},
            "startedAt": "date",
            "finishedAt": "date",
            "expiresAt": "date",
            "user": {
                "type": "belongsTo",
                "target": "users",
                "foreignKey": "userId",
                "targetKey": "id",
            },
            "workflow": {
                "type": "belongsTo",
                "target": "workflows",
                "foreignKey": "workflowId",
                "targetKey": "id",
            },
            "step": {
                "type": "hasOne",
                "target": "executionSteps",
                "foreignKey": "executionId",
                "sourceKey": "id",
                "targetKey": "executionId",
            },
            "jobs": {
                "type": "hasMany",
                "target": "jobs",
                "foreignKey": "executionId",
                "sourceKey": "id",
                "targetKey": "id",
                "sortBy": ["id"],
            },
        },
    ),
    "executionSteps": (
        "execution_steps",
        {
            "executionId": {"type": "bigInt", "primaryKey": True},
            "jobId": "bigInt",
            "nodeKey": "string",
            "status": "integer",
            "title": "string",
            "type": "string",
        },
    ),
    "jobs": (
        "jobs",
        {
            "id": {"type": "snowflakeId", "primaryKey": True},
            "executionId": "bigInt",
            "nodeId": "bigInt",
            "nodeKey": "string",
            "iteration": "integer",
            "attempt": "integer",
            "status": "integer",
            "meta": "json",
            "result": "json",
            "error": "text",
            "log": "text",
            "startedAt": "date",
            "createdAt": {"type": "date", "columnName": "started_at"},
            "updatedAt": {"type": "date", "columnName": "finished_at"},
            "node": {
                "type": "belongsTo",
                "target": "flow_nodes",
                "foreignKey": "nodeId",
                "targetKey": "id",
            },
            "execution": {
                "type": "belongsTo",
                "target": "executions",
                "foreignKey": "executionId",
                "targetKey": "id",
            },
            "tasks": {
                "type": "hasMany",
                "target": "workflowManualTasks",
                "foreignKey": "jobId",
                "sourceKey": "id",
                "targetKey": "id",
                "sortBy": ["id"],
            },
        },
    ),
    "workflowManualTasks": (
        "manual_tasks",
        {
            "id": {"type": "snowflakeId", "primaryKey": True},
            "userId": "bigInt",
            "jobId": "bigInt",
            "nodeId": "bigInt",
            "executionId": "bigInt",
            "workflowId": "bigInt",
            "key": "string",
            "mode": "integer",
            "status": "integer",
            "title": "string",
            "description": "text",
            "forms": "json",
            "result": "json",
            "createdAt": "date",
            "updatedAt": "date",
            "expiresAt": "date",
            "user": {
                "type": "belongsTo",
                "target": "users",
                "foreignKey": "userId",
                # The task of who is gone stays, and somebody else can be asked.
                "onDelete": "NO ACTION",
                "targetKey": "id",
            },
        },
    ),
}

RESERVED_NAMES = frozenset(
    {
        *_definitions,
        *("auth", "app", "collections", "fields", "dataSources", "mainDataSource", "swagger"),
        *("authenticators", "roles", "availableActions", "tokenControlConfig", "workflow-types"),
        *("userWorkflowTasks", "workflowCcTasks", "workflowCategories"),
        *("systemSettings", "pm", "storages", "attachments", "uiSchemas", "desktopRoutes"),
        *("buttons", "views", "system", "record-changes", "setup"),
    }
)
"""Names that a user's collection cannot have: the API uses them."""


def _column_name(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _field(name: str, definition: str | Mapping[str, Any]) -> Field:
    options = {"type": definition} if isinstance(definition, str) else dict(definition)
    return make_field({"columnName": _column_name(name), **options, "name": name})


@cache
def system_collections() -> tuple[Collection, ...]:
    """The collections above; their associations are resolved by `catalog.make_catalog`."""
    made: list[Collection] = []
    for name, (table, definitions) in _definitions.items():
        fields = {field: _field(field, definition) for field, definition in definitions.items()}
        made.append(
            Collection(
                name=name,
                key=name,
                title=name,
                fields=fields,
                table=make_table(table, fields, schema=SYSTEM_SCHEMA),
                system=True,
            )
        )
    return tuple(made)
