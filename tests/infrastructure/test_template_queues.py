"""Queues, their dead-letter queues and their alarms."""

FOURTEEN_DAYS = 14 * 24 * 3600
ONE_MEBIBYTE = 1024 * 1024
A_DAY = 24 * 3600
LONGEST_DELAY = 900  # SQS's limit for DelaySeconds


def alarms_on(alarms, queue, metric):
    """Return the alarms that watch the metric of the queue."""
    watched = [{"Name": "QueueName", "Value": f"!GetAtt {queue}.QueueName"}]
    return [each for each in alarms.values() if each["Dimensions"] == watched and each["MetricName"] == metric]


def test_visibility_timeout(pollers, queues, functions):
    """A message stays hidden for six runs of its function and the batching window, as AWS asks."""
    assert pollers
    for function, queue, source in pollers:
        needed = 6 * functions[function]["Timeout"] + source["MaximumBatchingWindowInSeconds"]
        assert queues[queue]["VisibilityTimeout"] >= needed, queue


def test_every_queue_has_a_dead_letter_queue(queues, dead_letter_queues):
    """Every queue has a dead-letter queue, or is one."""
    without = {name for name, each in queues.items() if "RedrivePolicy" not in each}
    assert without == dead_letter_queues


def test_messages_survive_the_stack(template, queues):
    """Deleting or replacing a stack leaves its queues where they are: dead letters, and what was not delivered yet."""
    for name in queues:
        resource = template["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain"), name


def test_what_survives_is_in_nobodys_way(queues, of_type):
    """What stays behind has no name that a new stack of the same environment would want."""
    assert not any("QueueName" in each for each in queues.values())
    assert not any("BucketName" in each for each in of_type("S3::Bucket").values())


def test_nothing_expires_early(queues):
    """Every queue keeps its messages for the fourteen days that SQS allows."""
    assert {each["MessageRetentionPeriod"] for each in queues.values()} == {FOURTEEN_DAYS}


def test_messages_may_be_as_large_as_sqs_allows(queues):
    """A message that fits into one queue fits into all: collect, redrive and dead letters share an envelope."""
    assert {each["MaximumMessageSize"] for each in queues.values()} == {ONE_MEBIBYTE}


def test_queues_are_encrypted(queues):
    """Messages are encrypted where they rest, by SQS's key or by one of your own."""
    for name, each in queues.items():
        assert each["KmsMasterKeyId"] == {"!If": ["HasKmsKey", "!Ref KmsKeyArn", "!Ref AWS::NoValue"]}, name
        assert each["SqsManagedSseEnabled"] == {"!If": ["HasKmsKey", "!Ref AWS::NoValue", True]}, name


def test_queues_refuse_plain_http(of_type, queues):
    """Every queue refuses requests without TLS."""
    (policy,) = of_type("SQS::QueuePolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert {queue.removeprefix("!Ref ") for queue in policy["Queues"]} == set(queues)
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_an_outage_of_the_functions_is_survived_for_a_day(queues):
    """SQS moves no message before its function has been unable to start, or crashed on it, for the retry window."""
    for name, each in queues.items():
        if "RedrivePolicy" in each:
            patience = each["RedrivePolicy"]["maxReceiveCount"] * each["VisibilityTimeout"]
            assert patience > A_DAY, name


def test_one_dead_letter_queue_for_each_queue(queues, dead_letter_queues):
    """Dead letters of two queues never mix; what a function writes itself, SQS puts nothing beside."""
    targets = [each["RedrivePolicy"]["deadLetterTargetArn"] for each in queues.values() if "RedrivePolicy" in each]
    assert len(targets) == len(set(targets))
    for name in dead_letter_queues - {each.removeprefix("!GetAtt ").removesuffix(".Arn") for each in targets}:
        assert queues[name]["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}, name


def test_waiting_messages_raise_an_alarm(alarms, queues, dead_letter_queues):
    """Every queue has an alarm on the age of its oldest message and one on how many wait."""
    for queue in queues.keys() - dead_letter_queues:
        assert alarms_on(alarms, queue, "ApproximateAgeOfOldestMessage"), queue
        assert alarms_on(alarms, queue, "ApproximateNumberOfMessagesVisible"), queue


def test_the_first_dead_letter_raises_an_alarm(alarms, dead_letter_queues):
    """One message in a dead-letter queue is enough for an alarm, however it came there."""
    for queue in dead_letter_queues:
        (alarm,) = alarms_on(alarms, queue, "ApproximateNumberOfMessagesVisible")
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0), queue


def test_deliveries_put_off_raise_an_alarm(alarms, functions, pollers):
    """A destination in trouble shows as delayed messages, since one that is sent back is new and has no age."""
    for function, queue, _ in pollers:
        if "QUEUE_URL" in functions[function]["Environment"]["Variables"]:
            (delayed,) = alarms_on(alarms, queue, "ApproximateNumberOfMessagesDelayed")
            (age,) = alarms_on(alarms, queue, "ApproximateAgeOfOldestMessage")
            assert (delayed["Threshold"], delayed["Statistic"]) == (0, "Maximum")
            assert age["Threshold"] > LONGEST_DELAY


def test_alarms_tell_the_topic_if_there_is_one(alarms):
    """Every alarm notifies the topic, and without a topic it only changes its state."""
    for name, each in alarms.items():
        assert each["AlarmActions"] == {"!If": ["HasAlarmTopic", ["!Ref AlarmTopicArn"], "!Ref AWS::NoValue"]}, name


def test_quiet_hours_are_no_alarm(alarms):
    """No traffic means no data points; that is no alarm."""
    assert {each["TreatMissingData"] for each in alarms.values()} == {"notBreaching"}


def test_alarms_say_what_to_do(alarms):
    """Every alarm has a description, whole and within what CloudWatch shows in a list."""
    assert all(20 < len(each["AlarmDescription"]) <= 120 for each in alarms.values())
