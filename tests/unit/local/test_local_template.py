"""CloudFormation's YAML as the local stack reads it."""

from pathlib import Path

import pytest

from switchyard.errors import ConfigError
from switchyard_cli.local.template import Physical, Template

ROOT = Path(__file__).parents[3]

TEMPLATE = """\
Parameters:
  Stage: {Type: String, Default: dev}
  Days: {Type: Number, Default: 0}
Conditions:
  Expires: !Not [!Equals [!Ref Days, 0]]
  Both: !And [!Condition Expires, !Equals [!Ref Stage, dev]]
Globals:
  Function:
    Environment:
      Variables: {NAME: !Sub "app-${Stage}"}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${Stage}-queue
      Arn: !GetAtt Other.Arn
      Names: [!Ref Other, !If [Expires, !Ref Stage, !Ref AWS::NoValue]]
      Optional: !If [Expires, yes, !Ref AWS::NoValue]
      Place: !Sub "${Other.Arn}/${AWS::Region}"
  Gone:
    Type: AWS::SQS::Queue
    Condition: Both
Outputs:
  Place: {Value: !Sub "at ${Other}"}
  Elsewhere: {Value: !Ref Nothing}
  Gone: {Condition: Expires, Value: !Ref Other}
"""


def template(folder: Path, **parameters: str) -> Template:
    """Return the template with one other resource in place."""
    (folder / "template.yaml").write_text(TEMPLATE)
    made = Template(folder / "template.yaml", parameters, "eu-central-1", "123456789012")
    made.physical["Other"] = Physical("other-ref", {"Arn": "arn:other"})
    return made


def test_references_become_values(tmp_path):
    """Parameters, pseudo parameters, references and attributes are resolved; what has no value disappears."""
    made = template(tmp_path)
    assert made.resolve(made.resources("AWS::SQS::Queue")["Queue"]) == {
        "QueueName": "dev-queue",
        "Arn": "arn:other",
        "Names": ["other-ref"],
        "Place": "arn:other/eu-central-1",
    }


def test_parameters_go_over_their_defaults(tmp_path):
    """A parameter that is given wins, in conditions, too."""
    made = template(tmp_path, Stage="prod", Days="3")
    resolved = made.resolve(made.resources("AWS::SQS::Queue")["Queue"])
    assert (resolved["Names"], resolved["Optional"]) == (["other-ref", "prod"], True)
    assert made.environment({"Environment": {"Variables": {"OWN": {"Ref": "Days"}}}}) == {
        "NAME": "app-prod",
        "OWN": "3",
    }


def test_a_false_condition_removes_a_resource(tmp_path):
    """What the deployment would not have, the local stack has not either."""
    assert list(template(tmp_path).resources("AWS::SQS::Queue")) == ["Queue"]
    assert list(template(tmp_path, Days="1").resources("AWS::SQS::Queue")) == ["Queue", "Gone"]


def test_outputs_are_those_of_what_is_there(tmp_path):
    """An output of something that the local stack has not, or that the deployment would not have, is left out."""
    assert template(tmp_path).outputs() == {"Place": "at other-ref"}


@pytest.mark.parametrize("value", [{"Ref": "Nothing"}, {"Fn::GetAtt": "Other.Name"}, {"Fn::Sub": "${Nothing.Arn}"}])
def test_what_does_not_exist_is_named(tmp_path, value):
    """A reference to something that the local stack has not is an error with its name, not a guess."""
    with pytest.raises(ConfigError, match=r"the local stack has no (Nothing|Other\.Name)"):
        template(tmp_path).resolve(value)


def test_the_deployments_own_template_is_understood():
    """Every function, queue and event source of template.yaml can be read."""
    made = Template(ROOT / "template.yaml", {"Stage": "local"}, "eu-central-1", "123456789012")
    assert set(made.resources("AWS::Serverless::Function")) == {
        "CollectFunction",
        "ArchiveFunction",
        "ForwardMixpanelFunction",
    }
    shared = made.environment({"Environment": {"Variables": {}}})
    assert shared["POWERTOOLS_SERVICE_NAME"] == "switchyard-local"
    assert "AWS_ENDPOINT_URL" not in shared
