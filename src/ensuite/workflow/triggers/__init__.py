"""One file per trigger type; `workflow.catalog.load_trigger_types` finds them."""
