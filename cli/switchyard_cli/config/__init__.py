"""What an operator writes → what Lambda reads: YAML files, merged, checked and compiled to one JSON file.

``documents``                 YAML with the line of every value
``schema``                    the shape of what is written, and in ``shape_problems`` what is wrong with it
``sources_and_destinations``  the parts of all files, each with its place
``compiler``                  the checks that need the whole, and the result
``warnings``                  what is no mistake and will surely go wrong
``mapping_tests``             events, and what the mappings must make of them
"""
