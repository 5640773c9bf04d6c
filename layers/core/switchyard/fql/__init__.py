"""FQL, the conditions of Segment's destination filters, as Segment documents them.

A text is read by ``lexer`` (text → tokens) and ``parser`` (tokens → tree, every mistake found here), then
``compiler`` turns the tree into one function of an event. ``functions`` holds what a comparison or a call means.
"""

from switchyard.fql.compiler import compile_fql

__all__ = ["compile_fql"]
