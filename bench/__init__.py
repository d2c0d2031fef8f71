"""The comparisons that the README quotes: the server against pgbench, in turn, on one database."""
