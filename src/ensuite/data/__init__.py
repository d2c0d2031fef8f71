"""Records: filters, queries, writes, associations."""
