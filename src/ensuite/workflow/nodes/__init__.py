"""One file per node type; `workflow.catalog.load_node_types` finds them."""
