"""Pictures of the reader's own networks."""
