-- Executions that have ended, by the time of their end: those that are over their age are found
-- without a look at the others.
CREATE INDEX executions_ended ON ensuite.executions (status, finished_at)
WHERE finished_at IS NOT NULL;

CREATE INDEX revoked_tokens_expired ON ensuite.revoked_tokens (expires_at);
