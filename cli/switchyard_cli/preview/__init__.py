"""What a configuration makes of events, before anything is sent.

``reading``      JSON lines, plain or as the archive's gzip → events
``destination``  the configured destination, compiled as for Lambda
``preview``      event → the documented line
``condition``    why a condition holds for an event, or does not
``provenance``   which part of an event fills which field, and what of the record comes from it
``explain``      event → the line, with the reasons for it; ``explain_text`` shows that to people
``diff``         the lines of two configurations, compared; ``diff_text`` shows that to people
``excerpt``      values, cut to a bearable length
"""
