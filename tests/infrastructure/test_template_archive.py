"""The bucket that keeps the exact copy of every event."""

import pytest


@pytest.fixture(scope="module")
def bucket(of_type):
    """The properties of the bucket."""
    return of_type("S3::Bucket")["ArchiveBucket"]


def test_survives_the_stack(template):
    """Deleting or replacing a stack leaves the archive where it is."""
    resource = template["Resources"]["ArchiveBucket"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_nothing_can_make_it_public(bucket):
    """Neither an ACL nor a policy can open the bucket to the public."""
    assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_encrypted(bucket):
    """Objects are encrypted where they rest: by S3's key, or by one of your own, then without a request for each."""
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {
        "ServerSideEncryptionByDefault": {
            "SSEAlgorithm": {"!If": ["HasKmsKey", "aws:kms", "AES256"]},
            "KMSMasterKeyID": {"!If": ["HasKmsKey", "!Ref KmsKeyArn", "!Ref AWS::NoValue"]},
        },
        "BucketKeyEnabled": {"!If": ["HasKmsKey", True, "!Ref AWS::NoValue"]},
    }


def test_refuses_plain_http(of_type):
    """The bucket and everything in it refuse requests without TLS, and nobody is given access by the policy."""
    policy = of_type("S3::BucketPolicy")["ArchiveBucketPolicy"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Bucket"] == "!Ref ArchiveBucket"
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == ["!GetAtt ArchiveBucket.Arn", "!Sub ${ArchiveBucket.Arn}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_tls_is_required_by_default(template):
    """Only an emulator of AWS is spared TLS, on demand."""
    assert template["Parameters"]["RequireTls"]["Default"] == "true"
    assert template["Conditions"]["RequiresTls"] == {"!Equals": ["!Ref RequireTls", "true"]}
    conditioned = {name for name, each in template["Resources"].items() if each.get("Condition") == "RequiresTls"}
    assert conditioned == {"ArchiveBucketPolicy", "QueuePolicy"}


def test_kept_for_ever_unless_days_are_given(template, bucket):
    """Events are deleted after the days that a parameter says; 0, the default, keeps them."""
    condition, rules, otherwise = bucket["LifecycleConfiguration"]["!If"]
    (rule,) = rules["Rules"]
    assert template["Conditions"][condition] == {"!Not": [{"!Equals": ["!Ref ArchiveRetentionDays", 0]}]}
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", "!Ref ArchiveRetentionDays")
    assert otherwise == "!Ref AWS::NoValue"
    assert template["Parameters"]["ArchiveRetentionDays"]["Default"] == 0


def test_deleted_means_deleted(bucket):
    """There are no older versions: what is deleted on a person's demand is gone."""
    assert "VersioningConfiguration" not in bucket


def test_one_prefix_for_rule_permission_and_keys(bucket, of_type):
    """What expires is what the archive function may write."""
    _, rules, _ = bucket["LifecycleConfiguration"]["!If"]
    statements = of_type("IAM::Role")["ArchiveRole"]["Policies"][0]["PolicyDocument"]["Statement"]
    (put,) = [each["Resource"] for each in statements if each["Action"] == "s3:PutObject"]
    assert put == f"!Sub ${{ArchiveBucket.Arn}}/{rules['Rules'][0]['Prefix']}*"
