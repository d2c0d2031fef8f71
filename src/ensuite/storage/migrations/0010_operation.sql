-- Executions that have ended, by the time of their end: those that are over their age are found
-- without a look at the others.
CREATE INDEX executions_ended ON ensuite.executions (status, finished_at)
WHERE finished_at IS NOT NULL;

CREATE INDEX revoked_tokens_expired ON ensuite.revoked_tokens (expires_at);

-- The processes that are there, also those that hold no execution now.
CREATE TABLE ensuite.processes (
    -- The name under which it holds leases.
    owner text PRIMARY KEY,
    kind text NOT NULL,
    -- Whether it runs executions, or leaves them to others.
    works boolean NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    concurrency integer NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- The trace that the call which started an execution was part of, where it was part of one.
ALTER TABLE ensuite.executions ADD COLUMN traceparent text;
