"""Whether a deployment works, end to end, and what to mend where it does not.

``finding``         what was found about one thing
``checks``          what can be seen without sending anything: configuration, parts, secrets, regions
``probe_event``     an event of our own, sent to every source and followed to its archive and its destinations
``archive_search``  whether that event is in the archive yet
``report``          the findings as a table, and as JSON
"""
