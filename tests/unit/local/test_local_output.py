"""What the functions print: logged as it is, and its metrics counted."""

import io
import threading

from switchyard_cli.local.output import FunctionOutput

METRIC = '{"_aws":{"CloudWatchMetrics":[{"Metrics":[{"Name":"Delivered"}]}]},"Delivered":[2.0]}\n'


def test_metrics_are_counted_and_everything_is_logged():
    """Lines in the embedded metric format add up by name; they are logged like all others."""
    log = io.StringIO()
    output = FunctionOutput(log)
    output.write(METRIC + "a line\n")
    output.write(METRIC)
    assert output.counters == {"Delivered": 4}
    assert log.getvalue() == METRIC + "a line\n" + METRIC


def test_lines_of_two_threads_do_not_mix():
    """A line that one thread has begun is not torn by another's."""
    log = io.StringIO()
    output = FunctionOutput(log)
    output.write("one ")
    other = threading.Thread(target=output.write, args=("two\n",))
    other.start()
    other.join()
    output.write("line\n")
    assert log.getvalue() == "two\none line\n"
