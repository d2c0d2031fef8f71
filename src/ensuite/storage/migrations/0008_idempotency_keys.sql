-- What was done under an `Idempotency-Key`: written with the records, so that a repeated call
-- finds out that it has been carried out, and what it was answered.
CREATE TABLE ensuite.idempotency_keys (
    user_id bigint NOT NULL,
    key text NOT NULL,
    -- A digest of the request: the same key stands for the same call only.
    fingerprint bytea NOT NULL,
    operation_id bigint NOT NULL,
    -- The advisory lock that the process holds which carries it out.
    owner bigint NOT NULL,
    created_at timestamptz NOT NULL,
    action text,
    -- Of a call on records: what an answer can be made of where none is stored.
    collection text,
    record_keys json,
    workflows json,
    -- The answer; no status: there was none yet.  A status without a body: it is not kept.
    status smallint,
    headers json,
    body bytea,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_created ON ensuite.idempotency_keys (created_at);
