"""One file per field type; `schema.catalog.load_field_types` finds them."""
