-- How one user likes to see a collection: its columns, filter and order, under a name.
CREATE TABLE ensuite.views (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES ensuite.users ON DELETE CASCADE,
    collection text NOT NULL REFERENCES ensuite.collections (name) ON DELETE CASCADE,
    name text NOT NULL,
    config jsonb NOT NULL,
    is_default boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (user_id, collection, name)
);
CREATE INDEX ON ensuite.views (collection);
