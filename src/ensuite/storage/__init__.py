"""PostgreSQL: where it runs, how statements reach it, what its errors mean."""
