"""Mapping tests: events and what a destination must make of them, in YAML files beside the configuration.

``schema``       the shape of the files
``reading``      files → tests, every mistake with file, line and remedy
``running``      a test → what preview makes of its events, and how that differs from what is expected
``differences``  expected and made JSON, compared
``report``       results for people and for scripts
"""
