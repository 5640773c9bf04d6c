"""What the functions print: logged as it is, and its metrics counted."""

import threading

from switchyard_cli.local.output import FunctionOutput

METRIC = '{"_aws":{"CloudWatchMetrics":[{"Metrics":[{"Name":"Delivered"}]}]},"Delivered":[2.0]}\n'


def test_metrics_are_counted_and_everything_is_logged(tmp_path):
    """Lines in the embedded metric format add up by name; they are logged like all others."""
    output = FunctionOutput(tmp_path / "logs" / "local.log")
    output.write(METRIC + "a line\n")
    output.write(METRIC)
    output.close()
    assert output.counters == {"Delivered": 4}
    assert (tmp_path / "logs" / "local.log").read_text() == METRIC + "a line\n" + METRIC


def test_what_only_looks_like_a_metric_is_logged_alone(tmp_path):
    """A messageId can be any text, and no text may keep a line from the log and from the one who watches."""
    lines = ['{"message":"request collected","message_ids":["_aws"]}', '["_aws"]', 'no JSON "_aws"', '{"_aws":{}}']
    heard: list[str] = []
    output = FunctionOutput(tmp_path / "local.log")
    output.listen(heard.append)
    output.write("\n".join([*lines, METRIC]))
    assert heard == [*lines, METRIC.strip()]
    assert output.counters == {"Delivered": 2}


def test_what_never_wrote_leaves_the_log_alone(tmp_path):
    """A second stack that finds the port taken does not wipe the first one's log."""
    (tmp_path / "local.log").write_text("the other's\n")
    FunctionOutput(tmp_path / "local.log").close()
    assert (tmp_path / "local.log").read_text() == "the other's\n"


def test_a_file_that_another_begins_anew_has_no_hole(tmp_path):
    """What the first of two stacks logs goes on behind what the second has logged."""
    first, second = (FunctionOutput(tmp_path / "local.log") for _ in range(2))
    for output, line in ((first, "one\n"), (second, "two\n"), (first, "three\n")):
        output.write(line)
        output.flush()
    assert (tmp_path / "local.log").read_text() == "two\nthree\n"
    first.close()
    second.close()


def test_lines_of_two_threads_do_not_mix(tmp_path):
    """A line that one thread has begun is not torn by another's."""
    output = FunctionOutput(tmp_path / "local.log")
    output.write("one ")
    other = threading.Thread(target=output.write, args=("two\n",))
    other.start()
    other.join()
    output.write("line\n")
    output.close()
    assert (tmp_path / "local.log").read_text() == "two\none line\n"
