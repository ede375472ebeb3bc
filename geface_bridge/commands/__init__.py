"""The bodies of the commands, one module each, imported only when their command runs."""
