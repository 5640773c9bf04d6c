"""Functions, what starts them and what they are told."""

import ast
import re


def variables(function):
    """Return the environment variables that the template sets for the function."""
    return function["Environment"]["Variables"]


def read_variables(path):
    """Return the names of the environment variables that a module reads as ``os.environ["NAME"]``."""
    subscripts = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Subscript)]
    return {
        node.slice.value
        for node in subscripts
        if ast.unparse(node.value) == "os.environ" and isinstance(node.slice, ast.Constant)
    }


def test_size_and_time_are_chosen(functions):
    """Memory and timeout are chosen for each function, not left to Lambda's defaults."""
    for name, each in functions.items():
        assert isinstance(each["MemorySize"], int), name
        assert isinstance(each["Timeout"], int), name


def test_collect_answers_before_api_gateway_gives_up(functions):
    """Collect ends, at the latest, before API Gateway's 29 seconds; else a stored request would be sent again."""
    assert functions["CollectFunction"]["Timeout"] < 29


def test_logs_expire(functions, of_type):
    """Every function logs to a group of its own, which forgets after the days that a parameter says."""
    groups = [each["LoggingConfig"]["LogGroup"].removeprefix("!Ref ") for each in functions.values()]
    assert sorted(groups) == sorted(of_type("Logs::LogGroup"))
    for each in of_type("Logs::LogGroup").values():
        assert each["RetentionInDays"] == "!Ref LogRetentionDays"
        assert each["KmsKeyId"] == {"!If": ["HasKmsKey", "!Ref KmsKeyArn", "!Ref AWS::NoValue"]}


def test_partial_batches(pollers):
    """A function says which messages failed, so that a bad one costs only itself (promise 4)."""
    assert all(source["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for _, _, source in pollers)


def test_every_queue_has_one_reader(pollers, queues, dead_letter_queues):
    """Every queue is read by one function; dead-letter queues wait for an operator."""
    assert sorted(queue for _, queue, _ in pollers) == sorted(queues.keys() - dead_letter_queues)


def test_archive_objects_are_large(pollers):
    """The archive takes many messages at once, since a PUT for each would be most of the bill."""
    ((_, _, source),) = [each for each in pollers if each[0] == "ArchiveFunction"]
    assert source["BatchSize"] >= 1000
    assert source["MaximumBatchingWindowInSeconds"] >= 60


def test_pollers_are_bounded(pollers, template):
    """No queue takes more of the account's concurrency than a parameter says: collect shares the account."""
    for name, _, source in pollers:
        parameter = source["ScalingConfig"]["MaximumConcurrency"].removeprefix("!Ref ")
        assert template["Parameters"][parameter]["MinValue"] == 2, name  # Lambda's own least


def test_concurrency_can_be_set_apart_for_collect(functions, template):
    """A parameter sets concurrency apart for collect; by default nothing is, since new accounts have little."""
    assert functions["CollectFunction"]["ReservedConcurrentExecutions"] == {
        "!If": ["CollectIsReserved", "!Ref CollectReservedConcurrency", "!Ref AWS::NoValue"]
    }
    assert template["Parameters"]["CollectReservedConcurrency"]["Default"] == 0


def test_forward_functions_are_bounded(pollers, functions):
    """A destination in trouble takes its own share of the account's concurrency and no more (promise 5)."""
    for name, _, source in pollers:
        if "DESTINATION_TYPE" in variables(functions[name]):
            assert source["ScalingConfig"] == {"MaximumConcurrency": "!Ref ForwardMaxConcurrency"}


def test_collect_knows_the_queue_of_every_destination_type(functions, pollers):
    """For every destination type collect is told the queue that the type's forward function reads (promise 1)."""
    queue_of = {name: queue for name, queue, _ in pollers}
    told = {name: value for name, value in variables(functions["CollectFunction"]).items() if "QUEUE_URL_" in name}
    types = {
        f"QUEUE_URL_{variables(each)['DESTINATION_TYPE'].upper()}": f"!Ref {queue_of[name]}"
        for name, each in functions.items()
        if "DESTINATION_TYPE" in variables(each)
    }
    assert types
    assert told == {"QUEUE_URL_ARCHIVE": f"!Ref {queue_of['ArchiveFunction']}", **types}


def test_forward_sends_back_to_the_queue_it_reads(functions, pollers, queues):
    """A forward function sends the rest back to its own queue, and dead letters where SQS puts that queue's."""
    for name, queue, _ in pollers:
        told = variables(functions[name])
        if "DESTINATION_TYPE" in told:
            dead_letters = queues[queue]["RedrivePolicy"]["deadLetterTargetArn"]
            assert told["QUEUE_URL"] == f"!Ref {queue}"
            assert f"!GetAtt {told['DEAD_LETTER_QUEUE_URL'].removeprefix('!Ref ')}.Arn" == dead_letters


def test_as_many_at_once_as_mixpanel_advises(template, pollers):
    """Ten to twenty clients that send 2,000 events each are within its limits; more can be asked for."""
    assert 10 <= template["Parameters"]["ForwardMaxConcurrency"]["Default"] <= 20
    bounds = {name: source.get("ScalingConfig") for name, _, source in pollers}
    assert bounds["ForwardMixpanelFunction"] == {"MaximumConcurrency": "!Ref ForwardMaxConcurrency"}


def test_sending_back_is_no_runaway_loop(functions, pollers):
    """A function that writes to the queue it reads says so; Lambda would stop it after sixteen rounds (promise 2)."""
    for name, queue, _ in pollers:
        if variables(functions[name]).get("QUEUE_URL") == f"!Ref {queue}":
            assert functions[name]["RecursiveLoop"] == "Allow"


def test_mixpanel_is_mixpanel(template, functions):
    """Events go to Mixpanel itself unless somebody names a stand-in (promise 6)."""
    assert variables(functions["ForwardMixpanelFunction"])["MIXPANEL_URL"] == "!Ref MixpanelUrl"
    assert template["Parameters"]["MixpanelUrl"]["Default"] == ""


def test_handlers_exist(functions, template, root):
    """Every function's code is in its folder, with the handler that the template names."""
    module, handler = template["Globals"]["Function"]["Handler"].split(".")
    for each in functions.values():
        tree = ast.parse((root / each["CodeUri"] / f"{module}.py").read_text())
        assert handler in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, each["CodeUri"]


def test_handlers_are_told_all_they_read(functions, template, root):
    """Every environment variable that a handler reads is one that the template sets."""
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    for each in functions.values():
        assert read_variables(root / each["CodeUri"] / "app.py") <= {*variables(each), *shared}, each["CodeUri"]


def test_config_is_where_functions_look(functions, of_type, root):
    """A function that is told a configuration has the layer that holds it, at the path where the build puts it."""
    layer = of_type("Serverless::LayerVersion")["ConfigLayer"]
    makefile = (root / layer["ContentUri"] / "Makefile").read_text()
    (written,) = re.findall(r'--output "\$\(ARTIFACTS_DIR\)/(\S+)"', makefile)
    for name, each in functions.items():
        told = variables(each).get("SWITCHYARD_CONFIG")
        assert told in (None, f"/opt/{written}"), name
        assert (told is not None) == ("!Ref ConfigLayer" in each["Layers"]), name


def test_layers_suit_the_functions(functions, template, of_type, root):
    """Layers are built for the functions' runtime, and for whichever architecture the parameter says."""
    shared = template["Globals"]["Function"]
    assert shared["Architectures"] == ["!Ref Architecture"]
    architectures = template["Parameters"]["Architecture"]
    assert (architectures["Default"], architectures["AllowedValues"]) == ("arm64", ["arm64", "x86_64"])
    version = shared["Runtime"].removeprefix("python")
    assert f"--python-version {version}" in (root / "layers/core/Makefile").read_text()
    for each in of_type("Serverless::LayerVersion").values():
        assert each["CompatibleRuntimes"] == [shared["Runtime"]]
        assert each["CompatibleArchitectures"] == architectures["AllowedValues"]
    assert all("!Ref CoreLayer" in each["Layers"] for each in functions.values())


def test_a_function_that_breaks_off_raises_an_alarm(alarms, functions):
    """The age of a queue's oldest message leaves out what was received three times: it cannot tell."""
    watched = [each["Dimensions"][0]["Value"] for each in alarms.values() if each["MetricName"] == "Errors"]
    assert sorted(watched) == sorted(f"!Ref {name}" for name in functions)
