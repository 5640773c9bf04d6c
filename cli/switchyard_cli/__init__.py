"""The `switchyard` command: the local stack, previews, dead letters and replay."""
