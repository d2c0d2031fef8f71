-- How far each execution has come: the last turn on record, and the node that had it.  A condition
-- on the execution reaches the jobs by their index, so that a page of a list reads its own only.
CREATE VIEW ensuite.execution_steps AS
SELECT DISTINCT ON (j.execution_id)
    j.execution_id, j.id AS job_id, j.node_key, j.status, n.title, n.type
FROM ensuite.jobs j LEFT JOIN ensuite.flow_nodes n ON n.id = j.node_id
ORDER BY j.execution_id, j.id DESC;

-- What people call a revision: its number among those of its workflow.
CREATE VIEW ensuite.workflow_versions AS
SELECT
    w.id,
    (SELECT count(*) FROM ensuite.workflows o WHERE o.key = w.key AND o.id <= w.id) AS number
FROM ensuite.workflows w;
