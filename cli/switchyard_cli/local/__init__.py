"""The whole system on one machine, from ``template.yaml``: its routes, functions, queues and event sources.

``template``  CloudFormation's YAML, its parameters and references resolved
``cloud``     the template's queues, bucket and secrets, in moto
``functions`` the functions' own handlers, loaded as Lambda would
``pollers``   event source mappings: queue → function
``gateway``   API Gateway: HTTP → function
``output``    what the functions print: a log file, and counters from its metrics
``running_stack`` where the stack is, for other commands
``tail``      a line for each request, on demand
``stack``     all of these, started and stopped together
``watched_folder`` whether the configuration has changed, which then applies at once
``samples``   the payloads of ``events/``, sent through the stack
``report``    what came of them, as tables
"""
