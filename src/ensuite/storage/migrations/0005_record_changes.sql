-- What became of each record: who changed which of its fields, and from what to what.
CREATE TABLE ensuite.record_changes (
    id bigint PRIMARY KEY,
    collection text NOT NULL,
    record_key text NOT NULL,
    action text NOT NULL,
    user_id bigint,
    -- The execution whose node did it.
    execution_id bigint,
    created_at timestamptz NOT NULL,
    changes json NOT NULL
);
CREATE INDEX record_changes_record ON ensuite.record_changes (collection, record_key, id);

-- What each execution is about: the operation, its record and who did it.
ALTER TABLE ensuite.executions
    ADD COLUMN collection text,
    ADD COLUMN record_key text,
    ADD COLUMN action text,
    ADD COLUMN user_id bigint;
CREATE INDEX executions_record ON ensuite.executions (collection, record_key, id);
CREATE INDEX executions_user ON ensuite.executions (user_id, id);
