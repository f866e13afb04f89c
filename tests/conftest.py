"""Options and markers of all tests."""
import signal

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """--soak runs the long tests, and only these."""
    parser.addoption("--soak", action="store_true", help="only the long runs")


def pytest_configure(config: pytest.Config) -> None:
    """The markers that tests use."""
    config.addinivalue_line("markers", "soak: a long run, for `make soak`")
    # A shell that begins us in the background has us ignore Ctrl-C, and so
    # would the programs that tests press it for.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config,
                                  items: list[pytest.Item]) -> None:
    """Leave the long runs out, or all but these."""
    soak = config.getoption("--soak")
    gone = [i for i in items if bool(i.get_closest_marker("soak")) != soak]
    config.hook.pytest_deselected(items=gone)
    items[:] = [i for i in items if i not in gone]
