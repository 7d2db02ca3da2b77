"""Pages of the billing room."""
