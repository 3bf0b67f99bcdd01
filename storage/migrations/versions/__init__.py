"""One file a schema, by number; a published one is never changed again."""
