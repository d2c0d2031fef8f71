-- What an execution came from, what it repeats, and how often its worker died.
ALTER TABLE ensuite.executions
    ADD COLUMN rerun_of bigint,
    -- The executions that led to it, oldest first: which of whose nodes wrote what started the next.
    ADD COLUMN stack json,
    -- Where it stands in its lane: in the order in which the records' locks were held.
    ADD COLUMN lane_position bigint,
    ADD COLUMN takeovers smallint NOT NULL DEFAULT 0;
CREATE INDEX executions_caused ON ensuite.executions (cause_id, id) WHERE cause_id IS NOT NULL;
CREATE INDEX executions_reruns ON ensuite.executions (rerun_of, id) WHERE rerun_of IS NOT NULL;

-- An execution with a lane is held (status null) until it is admitted (status 0).  Held ones are in
-- an index of their own, so that a claim never walks over them.
DROP INDEX ensuite.executions_ready;
CREATE INDEX executions_ready ON ensuite.executions (ready_at)
    WHERE status = 0 OR (status IS NULL AND lane_key IS NULL);
CREATE INDEX executions_held ON ensuite.executions (key, lane_key, lane_position)
    WHERE status IS NULL AND lane_key IS NOT NULL;
CREATE INDEX executions_admitted ON ensuite.executions (key, lane_key)
    WHERE status = 0 AND lane_key IS NOT NULL;

-- One row for each workflow whose executions are held: who admits some holds its lock.
CREATE TABLE ensuite.flow_gates (
    key text PRIMARY KEY,
    -- The period of the rate limit that has begun, and how many executions started in it.
    period_began timestamptz NOT NULL,
    started integer NOT NULL
);

-- Ids come from the clocks of processes, positions from here; the others do without.
CREATE SEQUENCE ensuite.lane_positions;
CREATE FUNCTION ensuite.take_lane_position() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.lane_position := nextval('ensuite.lane_positions');
    RETURN NEW;
END $$;
CREATE TRIGGER executions_lane_position BEFORE INSERT ON ensuite.executions
    FOR EACH ROW WHEN (NEW.lane_key IS NOT NULL)
    EXECUTE FUNCTION ensuite.take_lane_position();

-- Lists by status at any size: what has ended, and what waits to start.  Who starts at once pays for
-- neither before its end.
DROP INDEX ensuite.executions_failed;
CREATE INDEX executions_by_status ON ensuite.executions (status, id) WHERE status <> 0;
CREATE INDEX executions_queued ON ensuite.executions (id) WHERE status IS NULL;
