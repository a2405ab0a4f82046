"""Every figure with its table, one entry each: what the rules of tables and figures and their targets are made from."""
