"""What an operator writes → what Lambda reads: YAML files, merged, checked and compiled to one JSON file.

``documents`` YAML with the line of every value
``schema``    the shape of what is written
``compiler``  the checks that need the whole, and the result
"""
