"""How each schema of the database became the next; `storage.schema` runs them, ``docs/contributing.md`` adds one."""
