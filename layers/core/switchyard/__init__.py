"""Switchyard's domain, in the order in which an event travels.

``collect``       HTTP request → normalised events, good ones and bad ones
``envelope``      what travels in every queue
``queues``        envelopes ↔ SQS
``archive``       envelopes → gzip objects in S3
``subscriptions`` event → operations: condition (``fql``), ``mapping``, action
``destinations``  a package for each destination type: operations → batches → HTTP → outcomes
``forward``       envelopes → outcomes → delivered, back to the queue, or dead letter
"""
