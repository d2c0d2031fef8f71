-- What people are asked by executions that wait for them: one row for each who is asked.
CREATE TABLE ensuite.manual_tasks (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL,
    job_id bigint NOT NULL,
    node_id bigint NOT NULL,
    execution_id bigint NOT NULL,
    workflow_id bigint NOT NULL,
    -- The workflow's, across its revisions.
    key text NOT NULL,
    -- Whose answer decides: 0 the first, 1 all have to agree, -1 one who agrees is enough.
    mode smallint NOT NULL,
    status smallint NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    -- The form as it was when the question was put.
    forms json NOT NULL,
    result json,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz
);
CREATE UNIQUE INDEX manual_tasks_asked ON ensuite.manual_tasks (execution_id, job_id, user_id);
-- Of people who have answered very many, the few that are open are found at once.
CREATE INDEX manual_tasks_open ON ensuite.manual_tasks (user_id, status, id);
CREATE INDEX manual_tasks_mine ON ensuite.manual_tasks (user_id, id);
