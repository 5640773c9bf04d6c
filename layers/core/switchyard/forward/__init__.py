"""Envelopes → a destination, and what comes of each event: delivered, back to the queue, or dead letter.

``plan``    event → delivery: its operations for one destination (pure)
``deliver`` deliveries → one outcome for each operation (batches, and the sender's HTTP)
``settle``  outcomes → dead letters, what goes back to the queue, and counts (pure)
``run``     the three in a row for the messages that a function was given
"""
