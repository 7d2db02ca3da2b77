"""The go-live preflight: the whole chain run in the tenant itself, in a transaction undone whole."""
