"""--expected FILE: only tests listed there must pass; the list grows with --update-expected."""

from pathlib import Path


def pytest_addoption(parser):
    group = parser.getgroup("ratchet")
    group.addoption("--expected", type=Path, help="a file of the tests that must pass, one a line")
    group.addoption(
        "--update-expected", action="store_true", help="append tests that pass and are not listed"
    )


def pytest_configure(config):
    if config.getoption("--expected") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Ratchet(config), "ratchet")


class Ratchet:
    """Turns the verdict of a run: a failure counts only if the test is listed."""

    def __init__(self, config):
        self._file = config.getoption("--expected")
        self._update = config.getoption("--update-expected")
        self._listed = set(self._file.read_text().split("\n")) - {""}
        self._passed, self._failed = set(), set()

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self._failed.add(report.nodeid)
            self._passed.discard(report.nodeid)
        elif report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self, session, exitstatus):
        if exitstatus in (0, 1):
            session.exitstatus = 1 if self._broken() else 0

    def pytest_terminal_summary(self, terminalreporter):
        new = sorted(self._passed - self._listed)
        for name in sorted(self._broken()):
            terminalreporter.write_line(f"BROKEN {name}")
        for name in new:
            terminalreporter.write_line(f"NEW {name}")
        if self._update and new:
            self._file.write_text("".join(f"{name}\n" for name in sorted(self._listed | set(new))))

    def _broken(self):
        return self._listed & self._failed
