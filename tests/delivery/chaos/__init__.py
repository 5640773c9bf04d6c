"""The conservation proof: the whole system in one process, on a clock of its own, on bad days by seed.

``clock``     simulated time
``chance``    one seeded source of everything that goes wrong, with a count of what did
``sqs``       queues, as faithful as the forwarder can tell; ``s3`` likewise
``flaky``     what a function gets of both: calls that fail, or end the process, before or after they take effect
``lambdas``   the functions' own ``app.py``, set up as the template says, and the pollers that feed them
``mixpanel``  a strict sandbox for each project, and the weather between it and us
``clients``   events, and SDKs that send them until they are told 200
``operator``  redrive and replay
``schedule``  one seed: a storm, a calm, and what is left then
``laws``      what must be true of that
``figures``   what many seeds come to

``make chaos SEEDS=0-999`` plays many; ``make chaos SEEDS=17`` plays one again.
"""
