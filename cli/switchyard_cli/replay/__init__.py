"""Replay: the archive's events back onto the queues, so that today's mappings and filters are applied to them.

``selection``       which events, and for whom
``archive_reader``  the archive's objects, in order, and the events in them
``routes``          which queues the events of each source go to
``archive_walk``    the archive's events that are meant, portion by portion
``counts``          what would be replayed, counted
``record``          a run, kept beside the archive, so that it can be resumed and is known of later
``run``             the replay itself
``text``            counts and results for people
"""
