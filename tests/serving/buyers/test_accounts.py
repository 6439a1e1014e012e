"""Buyers: passwords, tokens and sessions; what is kept does not tell them."""

import io
import stat

import pytest

from features.errors import UserError
from serving.buyers.accounts import SESSION_SECONDS, Buyers, main

PASSWORD = "correct horse battery"  # noqa: S105 - of a test


@pytest.fixture
def buyers(tmp_path):
    known = Buyers(tmp_path)
    known.add("ada", PASSWORD)
    return known


def test_the_right_password_and_no_other(buyers):
    assert buyers.by_password("ada", PASSWORD)
    assert not any(buyers.by_password(*tried) for tried in (("ada", PASSWORD + "x"), ("bob", PASSWORD), ("", "")))


def test_a_token_says_whose_it_is_until_the_buyer_goes(buyers):
    token = buyers.token("ada")
    assert buyers.by_token(token) == "ada"
    assert buyers.by_token(token[:-1]) is None
    buyers.remove("ada")
    assert buyers.by_token(token) is None


def test_a_session_lasts_its_time_and_cannot_be_made_up(buyers):
    cookie = buyers.session("ada", at=1000.0)
    assert buyers.by_session(cookie, 1000.0 + SESSION_SECONDS - 1) == "ada"
    assert buyers.by_session(cookie, 1000.0 + SESSION_SECONDS) is None
    later = cookie.replace(f"|{1000 + SESSION_SECONDS}|", f"|{9000 + SESSION_SECONDS}|")
    forged = [later, cookie[:-1], "ada", "", "||", "bob" + cookie[3:], "ada|x|y"]
    assert [buyers.by_session(each, 1001.0) for each in forged] == [None] * len(forged)


def test_a_new_password_ends_sessions_and_keeps_tokens(buyers):
    cookie, token = buyers.session("ada", 0.0), buyers.token("ada")
    buyers.add("ada", "another password")
    assert buyers.by_session(cookie, 1.0) is None
    assert buyers.by_token(token) == "ada"


def test_files_hold_no_secret_and_are_the_owners_alone(buyers, tmp_path):
    token = buyers.token("ada")
    buyers.session("ada", 0.0)
    files = list(tmp_path.iterdir())
    assert sorted(path.name for path in files) == ["buyers.json", "key"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert not any(secret in path.read_text() for path in files for secret in (token, PASSWORD))


def test_other_processes_know_the_same_buyers(buyers, tmp_path):
    other = Buyers(tmp_path)
    assert other.by_session(buyers.session("ada", 0.0), 1.0) == "ada"
    other.add("bob", "another password")
    assert buyers.by_password("bob", "another password")


@pytest.mark.parametrize(("name", "password", "said"), [
    ("a|b", PASSWORD, "letters, digits"),
    ("", PASSWORD, "letters, digits"),
    ("bob", "short", "5 characters"),
])  # fmt: skip
def test_what_will_not_do_is_told(buyers, name, password, said):
    with pytest.raises(UserError, match=said):
        buyers.add(name, password)


def test_the_command(tmp_path, monkeypatch, capsys):
    work = ["--work", str(tmp_path)]
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    assert main(["add", "ada", *work]) == 0
    assert main(["token", "ada", *work]) == 0
    assert "omni_" in capsys.readouterr().out
    assert main(["list", *work]) == 0
    assert capsys.readouterr().out == "ada\n"
    assert main(["token", "bob", *work]) == 2
    assert "There is no buyer 'bob'; known: ada" in capsys.readouterr().err
    assert main(["remove", "ada", *work]) == 0
    assert Buyers(tmp_path / "buyers").is_empty
