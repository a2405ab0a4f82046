"""One module for each subcommand, with its options as `command`."""
