"""The findings, as a table for people and as JSON."""

from collections.abc import Iterable

from rich.console import Console

from switchyard.events import Json
from switchyard_cli.doctor.finding import Finding
from switchyard_cli.terminal import open_table, plain, plain_lines

_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def print_findings(console: Console, findings: Iterable[Finding], name: str) -> None:
    """Show what was found, and below it what to mend."""
    findings = list(findings)
    table = open_table("check", "", "seen", title=f"How is {name}?")
    for each in findings:
        table.add_row(plain(each.check), plain(each.status, _STYLES[each.status]), plain_lines(each.seen.splitlines()))
    console.print(table)
    if to_mend := [each for each in findings if each.remedy]:
        remedies = open_table("check", "what to do", title="What to mend")
        for each in to_mend:
            remedies.add_row(plain(each.check), plain(each.remedy))
        console.print("", remedies)


def document(finding: Finding) -> Json:
    """Return a finding as JSON."""
    return {**finding._asdict(), "remedy": finding.remedy or None}
