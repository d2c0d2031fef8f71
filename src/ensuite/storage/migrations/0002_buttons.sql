-- What a collection's page offers to press, and which workflows it starts.
CREATE TABLE ensuite.buttons (
    id bigint PRIMARY KEY,
    collection text NOT NULL REFERENCES ensuite.collections (name) ON DELETE CASCADE,
    label jsonb NOT NULL,
    icon text,
    style text NOT NULL,
    scope text NOT NULL,
    visible_when jsonb,
    roles jsonb NOT NULL,
    confirm jsonb,
    workflows jsonb NOT NULL,
    "values" jsonb,
    sort integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX ON ensuite.buttons (collection, sort);
