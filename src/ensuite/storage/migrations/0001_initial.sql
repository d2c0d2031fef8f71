-- The system's own tables live in the schema `ensuite`; users' collections live in `public`.

CREATE TABLE ensuite.snapshot (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO ensuite.snapshot (version) VALUES (1);

CREATE TABLE ensuite.collections (
    key text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    title text,
    description text,
    hidden boolean NOT NULL DEFAULT false,
    inherit boolean NOT NULL DEFAULT false,
    sort bigint GENERATED ALWAYS AS IDENTITY,
    options jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE ensuite.fields (
    key text PRIMARY KEY,
    name text NOT NULL,
    collection_name text NOT NULL,
    type text NOT NULL,
    interface text,
    description text,
    parent_key text,
    reverse_key text,
    sort bigint GENERATED ALWAYS AS IDENTITY,
    options jsonb NOT NULL DEFAULT '{}',
    UNIQUE (collection_name, name)
);

CREATE TABLE ensuite.users (
    id bigint PRIMARY KEY,
    nickname text,
    username text UNIQUE,
    email text UNIQUE,
    phone text UNIQUE,
    password text,
    app_lang text,
    password_change_tz bigint,
    system_settings jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by_id bigint,
    updated_by_id bigint
);

CREATE TABLE ensuite.roles (
    name text PRIMARY KEY,
    title text,
    description text,
    strategy jsonb,
    snippets jsonb NOT NULL DEFAULT '[]',
    "default" boolean NOT NULL DEFAULT false,
    hidden boolean NOT NULL DEFAULT false,
    allow_configure boolean NOT NULL DEFAULT false,
    allow_new_menu boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ensuite.roles_users (
    user_id bigint NOT NULL REFERENCES ensuite.users ON DELETE CASCADE,
    role_name text NOT NULL REFERENCES ensuite.roles ON DELETE CASCADE,
    "default" boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, role_name)
);
CREATE INDEX ON ensuite.roles_users (role_name);

CREATE TABLE ensuite.role_scopes (
    id bigint PRIMARY KEY,
    key text NOT NULL UNIQUE,
    name text,
    data_source_key text NOT NULL DEFAULT 'main',
    resource_name text,
    scope jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE ensuite.role_resources (
    id bigint PRIMARY KEY,
    role_name text NOT NULL REFERENCES ensuite.roles ON DELETE CASCADE,
    data_source_key text NOT NULL DEFAULT 'main',
    name text NOT NULL,
    using_actions_config boolean NOT NULL DEFAULT true,
    UNIQUE (role_name, data_source_key, name)
);

CREATE TABLE ensuite.role_resource_actions (
    id bigint PRIMARY KEY,
    resource_id bigint NOT NULL REFERENCES ensuite.role_resources ON DELETE CASCADE,
    name text NOT NULL,
    fields jsonb NOT NULL DEFAULT '[]',
    scope_id bigint REFERENCES ensuite.role_scopes ON DELETE SET NULL,
    UNIQUE (resource_id, name)
);

CREATE TABLE ensuite.api_keys (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    role_name text NOT NULL REFERENCES ensuite.roles ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES ensuite.users ON DELETE CASCADE,
    digest bytea NOT NULL UNIQUE,
    prefix text NOT NULL,
    expires_in text NOT NULL,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Signed-out tokens, until they would have expired anyway.
CREATE TABLE ensuite.revoked_tokens (
    jti text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

CREATE TABLE ensuite.workflows (
    id bigint PRIMARY KEY,
    key text NOT NULL,
    title text,
    description text,
    enabled boolean NOT NULL DEFAULT false,
    -- true for the active revision, null otherwise, so that the pair with the key is unique.
    current boolean CHECK (current),
    type text NOT NULL,
    trigger_title text,
    config jsonb NOT NULL DEFAULT '{}',
    sync boolean NOT NULL DEFAULT false,
    options jsonb NOT NULL DEFAULT '{}',
    -- When this revision first ran: from then on its nodes stay as they are.
    executed_at timestamptz,
    -- Executions that were deleted; with those that exist they make the counters.
    deleted_executions bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by_id bigint,
    updated_by_id bigint,
    UNIQUE (key, current)
);

CREATE TABLE ensuite.flow_nodes (
    id bigint PRIMARY KEY,
    key text NOT NULL,
    title text,
    workflow_id bigint NOT NULL REFERENCES ensuite.workflows ON DELETE CASCADE,
    upstream_id bigint,
    branch_index integer,
    downstream_id bigint,
    type text NOT NULL,
    config jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workflow_id, key)
);

-- The captured event, the queue entry, the lease and the result: one row, one state.
CREATE TABLE ensuite.executions (
    id bigint PRIMARY KEY,
    workflow_id bigint NOT NULL,
    key text NOT NULL,
    event_key uuid NOT NULL,
    parent_id bigint,
    cause_id bigint,
    status smallint,
    reason text,
    context json NOT NULL,
    output json,
    priority smallint NOT NULL DEFAULT 0,
    lane_key text,
    -- From when on a worker may claim it: at once, when its lease runs out, or when its timer does.
    ready_at timestamptz NOT NULL,
    lease_owner text,
    -- Raised by each claim; what an earlier claim still writes finds no row.
    fence integer NOT NULL DEFAULT 0,
    cancel_requested boolean NOT NULL DEFAULT false,
    manually boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    expires_at timestamptz,
    finished_at timestamptz
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX executions_event_key ON ensuite.executions (event_key);
CREATE INDEX executions_ready ON ensuite.executions (ready_at) WHERE status IS NULL OR status = 0;
CREATE INDEX executions_history ON ensuite.executions (key, id);
CREATE INDEX executions_failed ON ensuite.executions (status, id) WHERE status < 0;
ALTER TABLE ensuite.executions SET (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);

-- The journal: one row for each turn of a node.
CREATE TABLE ensuite.jobs (
    id bigint PRIMARY KEY,
    execution_id bigint NOT NULL,
    node_id bigint NOT NULL,
    node_key text NOT NULL,
    iteration integer NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 1,
    status smallint NOT NULL,
    -- What the interpreter needs besides the status: the branch taken, the wait's end, …
    meta json,
    result json,
    error text,
    log text,
    started_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE UNIQUE INDEX jobs_turn ON ensuite.jobs (execution_id, node_key, iteration, attempt);

-- Counters that survive the deletion of history, without a row that every execution would update.
CREATE VIEW ensuite.workflow_stats AS
SELECT
    w.key,
    (
        sum(w.deleted_executions)
        + (SELECT count(*) FROM ensuite.executions e WHERE e.key = w.key)
    )::bigint AS executed
FROM ensuite.workflows w
GROUP BY w.key;

CREATE VIEW ensuite.workflow_version_stats AS
SELECT
    w.id,
    (
        w.deleted_executions
        + (
            SELECT count(*) FROM ensuite.executions e
            WHERE e.key = w.key AND e.workflow_id = w.id
        )
    )::bigint AS executed
FROM ensuite.workflows w;

INSERT INTO ensuite.roles (name, title, strategy, snippets, "default", hidden, allow_configure)
VALUES
    ('root', 'Root', NULL, '["pm", "pm.*", "ui.*"]', false, true, true),
    (
        'admin', 'Admin',
        '{"actions": ["create", "view", "update", "destroy", "export", "importXlsx"]}',
        '["ui.*", "pm", "pm.*"]', false, false, true
    ),
    ('member', 'Member', '{"actions": ["view:own"]}', '["!ui.*", "!pm", "!pm.*"]', true, false, false);

INSERT INTO ensuite.role_scopes (id, key, name, scope)
VALUES
    (1, 'all', 'All records', '{}'),
    (2, 'own', 'Own records', '{"createdById": "{{ ctx.state.currentUser.id }}"}');
