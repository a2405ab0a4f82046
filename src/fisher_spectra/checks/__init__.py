"""Whether a run says the same as the committed one, and the pages of the report that show it."""
