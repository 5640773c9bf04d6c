"""What people type, a module for each group of commands; ``switchyard_cli.main`` puts them together."""
