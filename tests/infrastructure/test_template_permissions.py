"""What each function may do: exactly what it does, on exactly what it does it to."""

import pytest

from switchyard_cli.config.schema import WEBHOOK_SECRETS

WILDCARDS = {
    "!Sub ${ArchiveBucket.Arn}/archive/*": "objects have names of their own",
    "!Sub arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${SecretsPrefix}*": (
        "the configuration names the secrets, and AWS adds six random characters to an ARN"
    ),
    "!Sub arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${SecretsPrefix}*": (
        "the configuration names the parameters"
    ),
    "!Sub arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${SecretsPrefix}webhooks/*": (
        "the configuration names the secrets of webhooks, below the one folder that it may name them in"
    ),
    "!Sub arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${SecretsPrefix}webhooks/*": (
        "the same in Parameter Store"
    ),
}
"""The only resources that may be patterns, each with its reason."""

POLL = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}


def as_list(value):
    """IAM takes one string or a list of them."""
    return value if isinstance(value, list) else [value]


def grants(role):
    """Return (action, resource) for everything that the role allows."""
    statements = [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]
    assert all(each["Effect"] == "Allow" for each in statements)
    return [
        (action, resource)
        for each in statements
        for action in as_list(each["Action"])
        for resource in as_list(each["Resource"])
    ]


@pytest.fixture(scope="module")
def granted(functions, of_type):
    """Function → what its role allows."""
    roles = of_type("IAM::Role")
    role_of = {name: each["Role"].removeprefix("!GetAtt ").removesuffix(".Arn") for name, each in functions.items()}
    assert sorted(role_of.values()) == sorted(roles), "every function has a role of its own"
    return {name: grants(roles[role]) for name, role in role_of.items()}


def test_no_managed_policies(of_type, functions):
    """No role has a managed policy: those of Lambda and SQS reach every queue and log group of the account."""
    assert not any("ManagedPolicyArns" in role for role in of_type("IAM::Role").values())
    assert not any("Policies" in each for each in functions.values())


def test_only_lambda_takes_the_roles(of_type):
    """Nothing but Lambda may act as a function."""
    for role in of_type("IAM::Role").values():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust == {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }


def test_no_wildcard_actions(granted):
    """Every action is named in full."""
    assert not [grant for grants_ in granted.values() for grant in grants_ if "*" in grant[0]]


def test_no_wildcard_resources_without_a_reason(granted):
    """Every resource is one of the stack's own, or a pattern with a reason; no reason is left over."""
    resources = {resource for grants_ in granted.values() for _, resource in grants_}
    assert {each for each in resources if "*" in each} == set(WILDCARDS)
    assert all(each.startswith("!GetAtt ") for each in resources - set(WILDCARDS))


def test_functions_send_only_where_they_are_told_to(granted, functions):
    """A function may send to the queues in its environment and to no other."""
    for name, each in functions.items():
        told = {value for key, value in each["Environment"]["Variables"].items() if "QUEUE_URL" in key}
        queues = {f"!GetAtt {value.removeprefix('!Ref ')}.Arn" for value in told}
        assert {resource for action, resource in granted[name] if action == "sqs:SendMessage"} == queues, name


def test_functions_poll_only_the_queue_that_starts_them(granted, functions, pollers):
    """A function may take messages from the queue that starts it and from no other."""
    for name in functions:
        started_by = {(action, f"!GetAtt {queue}.Arn") for each, queue, _ in pollers if each == name for action in POLL}
        assert {grant for grant in granted[name] if grant[0] in POLL} == started_by, name


def test_functions_log_only_to_their_own_group(granted, functions):
    """A function may write into its log group and create no other."""
    for name, each in functions.items():
        group = f"!GetAtt {each['LoggingConfig']['LogGroup'].removeprefix('!Ref ')}.Arn"
        logs = {grant for grant in granted[name] if grant[0].startswith("logs:")}
        assert logs == {("logs:CreateLogStream", group), ("logs:PutLogEvents", group)}, name


def test_nothing_else(granted):
    """Besides queues and logs, archive writes objects, forward reads secrets, and collect those of webhooks."""
    rest = {
        name: {action for action, _ in each if not action.startswith(("sqs:", "logs:"))}
        for name, each in granted.items()
    }
    assert rest == {
        "CollectFunction": {"secretsmanager:GetSecretValue", "ssm:GetParameter"},
        "ArchiveFunction": {"s3:PutObject"},
        "ForwardMixpanelFunction": {"secretsmanager:GetSecretValue", "ssm:GetParameter"},
    }


def test_a_key_of_your_own_may_be_used_and_nothing_else(template, of_type):
    """With a key of your own, every role may encrypt and decrypt with that key; without one, no role is given any."""
    (policy,) = of_type("IAM::Policy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert template["Resources"]["KeyPolicy"]["Condition"] == "HasKmsKey"
    assert {role.removeprefix("!Ref ") for role in policy["Roles"]} == set(of_type("IAM::Role"))
    assert statement == {
        "Effect": "Allow",
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": "!Ref KmsKeyArn",
    }


def test_collect_reads_no_secret_of_a_destination(granted):
    """It stands in the open, so it may read nothing but the folder that the configuration's check knows."""
    reads = {resource for action, resource in granted["CollectFunction"] if action.startswith(("secrets", "ssm"))}
    assert all(resource.endswith("${SecretsPrefix}" + WEBHOOK_SECRETS + "*") for resource in reads)
    assert len(reads) == 2
