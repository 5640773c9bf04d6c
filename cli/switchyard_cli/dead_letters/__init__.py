"""Dead letters: what lies in the dead-letter queues, why, what to do about it, and the way back to the queues.

``reading``   a dead-letter queue, each message once, and everything left as it was
``queues``    the dead-letter queues of a deployment
``letter``    one event that could not go on, with what is known of it
``selection`` which letters are meant
``groups``    letters by reason, counted
``remedies``  what to do about a reason
``moving``    back to the queue, or away for good
``text``      all that for people
"""
