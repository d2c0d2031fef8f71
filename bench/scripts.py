"""The SQL that the server is compared with: the same statements, as pgbench runs them."""

SEQUENCE = "CREATE SEQUENCE IF NOT EXISTS bench_ids START 1 CACHE 100"
"""pgbench has no counter: ids come from a sequence, ascending as the server's are."""

_POST = """
INSERT INTO posts (id, "createdAt", "updatedAt", "createdById", title, content, status, views, score,
    published, "publishedAt", slug, language, rank, "categoryId")
VALUES (nextval('bench_ids'), now(), now(), 1, 'Bonjour, le monde!',
    'Ceci est un message de test. Ceci est un message de test. Ceci est un message de test. Ceci est un message de test. ',
    'draft', 17, 4.5, true, now(), 'bonjour-le-monde', 'fr', 123456789, 3);
"""

# pgbench takes a colon in front of a word for a variable: hence the spaces, and times with dots.
_CONTEXT = (
    '{"data": {"id": 190000000000000,"createdAt": "2026-01-02T03.04.05.678Z",'
    '"updatedAt": "2026-01-02T03.04.05.678Z","createdById": 1,"title": "Bonjour, le monde!",'
    '"content": "Ceci est un message de test. Ceci est un message de test. Ceci est un message de'
    ' test. Ceci est un message de test. ","status": "draft","views": 17,"score": 4.5,'
    '"published": true,"publishedAt": "2026-01-02T03.04.05.678Z","slug": "bonjour-le-monde",'
    '"language": "fr","rank": 123456789,"categoryId": 3},"user": {"id": 1,"nickname": null,'
    '"username": null,"email": "member@bench.test","phone": null,"appLang": null,'
    '"systemSettings": null,"createdAt": "2026-01-02T03.04.05.678Z",'
    '"updatedAt": "2026-01-02T03.04.05.678Z","createdById": null,"updatedById": null},'
    '"roleName": "member"}'
)

_EXECUTION = f"""
INSERT INTO ensuite.executions (id, workflow_id, key, event_key, status, context, ready_at,
    lease_owner, fence, manually, created_at, started_at, collection, record_key, action, user_id)
VALUES (nextval('bench_ids'), 1, 'bench', gen_random_uuid(), {{status}}, '{_CONTEXT}',
    now() + interval '1 day', 'pgbench', 1, false, now(), now(), 'posts',
    currval('bench_ids')::text, 'create', 1)
"""

CAPTURE = f"""
BEGIN;
{_POST.strip()}
{_EXECUTION.replace("{status}", "1").strip()};
END;
"""
"""A record and its execution."""

WHOLE_JOB = f"""
BEGIN;
{_POST.strip()}
{_EXECUTION.replace("{status}", "0").strip()} RETURNING id AS execution \\gset
END;
BEGIN;
INSERT INTO audit (id, "createdAt", "updatedAt", note, post)
VALUES (nextval('bench_ids'), now(), now(), 'Bonjour, le monde!', :execution);
INSERT INTO ensuite.jobs (id, execution_id, node_id, node_key, status, result, started_at,
    finished_at)
VALUES (nextval('bench_ids'), :execution, 1, 'node', 1,
    '{{"id": 1,"createdAt": "2026-01-02T03.04.05.678Z","updatedAt": "2026-01-02T03.04.05.678Z","createdById": null,"note": "Bonjour, le monde!","post": 190000000000000}}',
    now(), now());
UPDATE ensuite.executions SET status = 1, lease_owner = NULL, finished_at = now()
WHERE id = :execution AND fence = 1;
END;
"""
"""The record and its execution; then what one node writes, its job, and the execution's end."""

PAGE = """
\\set category random(1, {categories})
SELECT id, "createdAt", "updatedAt", "createdById", title, content, status, views, score, published,
    "publishedAt", slug, language, rank, "categoryId"
FROM posts WHERE "categoryId" = :category ORDER BY id DESC LIMIT 20;
"""
"""The page alone: without the count and the categories that the server's answer also holds."""
