-- What changed lately, for those who watch.  A BRIN is a few bytes for many rows, so that writing
-- them costs next to nothing, and rows lie in the table about in the order of their times.
CREATE INDEX executions_changed ON ensuite.executions
    USING brin (created_at, started_at, finished_at)
    WITH (pages_per_range = 32, autosummarize = on);
