"""HTML pages that need nothing besides themselves: what the report shows next to the figures."""
