"""The check of documented commands finds what it is there to find."""

import pytest

from tests.helpers.commands import Place, WrongCommandError, curl, must_exist


@pytest.mark.parametrize(
    "command",
    [
        "make doctor",
        "make test ARGS='-k ranking'",
        "curl -s http://127.0.0.1:8700/readyz",
        "python -m training.recommendations.metrics.ranking",
        ".venv/bin/pytest tests/unit",
        "git clone somewhere",
    ],
)
def test_commands_that_exist(command):
    must_exist(command)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("make nonsense", "No rule to make target"),
        ("curl --compressed http://127.0.0.1:8700/", "--compressed"),
        ("curl http://elsewhere.example/", "elsewhere"),
        ("python -m training.nonsense", "training.nonsense"),
        ("frobnicate all", "frobnicate"),
    ],
)
def test_commands_that_do_not(command, said):
    with pytest.raises(WrongCommandError, match=said):
        must_exist(command)


def test_a_documented_request_goes_to_the_service_at_hand():
    words = ["-s", "http://127.0.0.1:8700/v1/x", "-H", "Content-Type: application/json", "-d", '{"a": 1}']
    request = curl(words, "http://127.0.0.1:4321")
    assert (request.method, str(request.url)) == ("POST", "http://127.0.0.1:4321/v1/x")
    assert request.headers["content-type"] == "application/json"
    assert request.content == b'{"a": 1}'


def test_a_command_that_fails_shows_what_it_said(tmp_path):
    place = Place(tmp_path, "")
    (tmp_path / "Makefile").write_text("lock:\n\t@echo spilt milk; exit 7\n")
    with pytest.raises(WrongCommandError, match="spilt milk"):
        place.run("make lock")
