"""Promotion and rollback against a real registry."""

import shutil
from datetime import UTC, datetime

import pytest

from features.errors import StateError, UserError
from features.settings import Settings
from serving.operate.registry import aliases
from tests.helpers.mlflow_store import looking, tracked
from training.recommendations.promotion import RefusedError, promote, rollback

MODEL = "omnishelf-recommender"
MONDAY = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def tags(settings, version):
    with looking(settings) as client:
        return dict(client.get_model_version(MODEL, version).tags)


def names(settings):
    with looking(settings) as client:
        return aliases(client, MODEL)


@pytest.fixture
def better(three_versions):
    """Version 2 took over from version 1."""
    promote(three_versions, "1", at=MONDAY)
    promote(three_versions, "2", at=MONDAY)
    return three_versions


def test_the_first_version_that_passes_becomes_champion(three_versions):
    verdict = promote(three_versions, "1", at=MONDAY, by="mei")
    assert (verdict.passed, verdict.changed, verdict.champion, verdict.previous) == (True, True, "1", None)
    assert [check.name for check in verdict.checks] == [
        "better_than_baselines", "not_worse_than_champion", "onnx_equal", "bundle_reads_back",
    ]  # fmt: skip
    assert names(three_versions) == {"champion": "1"}
    verdict.require()


def test_the_version_says_who_promoted_it_when_and_why(three_versions):
    promote(three_versions, "1", at=MONDAY, by="mei")
    noted = tags(three_versions, "1")
    assert (noted["validation"], noted["promoted_by"]) == ("passed", "mei")
    assert noted["promoted_at"] == "2026-03-02T08:30:00+00:00"
    assert "over frequency, paired" in noted["reasons"]
    assert "the registry's copy is whole" in noted["reasons"]


def test_a_better_version_takes_over_and_the_old_one_is_kept(three_versions):
    promote(three_versions, "1", at=MONDAY)
    verdict = promote(three_versions, "2", at=MONDAY)
    assert (verdict.version, verdict.champion, verdict.previous) == ("2", "2", "1")
    assert names(three_versions) == {"champion": "2", "previous": "1"}


def test_where_none_is_named_it_is_the_newest(three_versions):
    assert promote(three_versions, at=MONDAY).version == "3"


def test_promoting_the_champion_again_changes_nothing(better):
    before = tags(better, "2")
    verdict = promote(better, "2", at=datetime(2026, 4, 1, tzinfo=UTC), by="someone else")
    assert (verdict.changed, verdict.checks, verdict.champion, verdict.previous) == (False, (), "2", "1")
    assert tags(better, "2") == before
    assert names(better) == {"champion": "2", "previous": "1"}


class TestARefusal:
    def refused(self, settings, version):
        before = names(settings)
        verdict = promote(settings, version, at=MONDAY)
        assert not verdict.passed
        assert not verdict.changed
        assert names(settings) == before
        return verdict, {check.name for check in verdict.checks if not check.passed}

    def test_of_a_version_that_is_worse_than_the_champion(self, three_versions):
        promote(three_versions, "1", at=MONDAY)
        verdict, failed = self.refused(three_versions, "3")
        assert failed == {"not_worse_than_champion"}
        noted = tags(three_versions, "3")
        assert noted["validation"] == "refused"
        assert noted["reasons"].startswith("not_worse_than_champion: -0.0200 [")
        assert "promoted_at" not in noted
        with pytest.raises(
            RefusedError, match=r"Version 3 was not promoted\. Version 1 stays the champion\.\nnot_worse"
        ):
            verdict.require()

    def test_of_a_version_that_does_not_beat_the_baselines(self, settings):
        tracked(settings, lift=-0.01)
        verdict, failed = self.refused(settings, "1")
        assert failed == {"better_than_baselines"}
        with pytest.raises(RefusedError, match="There is no champion") as caught:
            verdict.require()
        assert isinstance(caught.value, UserError)
        assert caught.value.exit_code == 5

    @pytest.mark.parametrize("broken", ["onnx_equal", "bundle_reads_back"])
    def test_of_a_version_that_failed_a_check_of_its_training(self, settings, broken):
        good = {"onnx_equal": (True, "3e-06"), "bundle_reads_back": (True, "200 answers")}
        tracked(settings, checks=good | {broken: (False, "2 answers differ")})
        verdict, failed = self.refused(settings, "1")
        assert failed == {broken}
        assert next(check.found for check in verdict.checks if not check.passed).startswith("2 answers differ")

    @pytest.mark.parametrize("harm", ["damaged", "gone"])
    def test_of_a_version_whose_bundle_in_the_registry_is_not_whole(self, settings, harm):
        tracked(settings)
        (weights,) = settings.work.glob("mlartifacts/models/*/artifacts/data/b-1/weights.bin")
        if harm == "damaged":
            weights.write_bytes(weights.read_bytes()[::-1])
        else:
            shutil.rmtree(weights.parent)
        verdict, failed = self.refused(settings, "1")
        assert failed == {"bundle_reads_back"}
        assert "the registry's copy: The bundle" in verdict.checks[-1].found

    def test_of_a_version_that_was_registered_by_hand(self, settings):
        with looking(settings) as client:
            client.create_registered_model(MODEL)
            client.create_model_version(MODEL, settings.work.as_uri())
        _, failed = self.refused(settings, "1")
        assert failed == {"record"}

    def test_a_refused_version_may_pass_later(self, three_versions):
        """The champion that stood in its way was rolled back meanwhile."""
        promote(three_versions, "3", at=MONDAY)
        promote(three_versions, "2", at=MONDAY)
        self.refused(three_versions, "1")
        rollback(three_versions, at=MONDAY)
        assert promote(three_versions, "1", at=MONDAY).champion == "1"
        assert tags(three_versions, "1")["validation"] == "passed"


class TestRollback:
    def test_it_goes_back_and_doing_it_twice_goes_forward(self, better):
        verdict = rollback(better, at=MONDAY, by="mei")
        assert (verdict.version, verdict.champion, verdict.previous, verdict.changed) == ("1", "1", "2", True)
        assert names(better) == {"champion": "1", "previous": "2"}
        assert tags(better, "2")["rolled_back_by"] == "mei"
        rollback(better, at=MONDAY)
        assert names(better) == {"champion": "2", "previous": "1"}

    def test_after_one_promotion_there_is_nothing_to_go_back_to(self, three_versions):
        promote(three_versions, at=MONDAY)
        with pytest.raises(StateError, match="nothing to go back to"):
            rollback(three_versions, at=MONDAY)
        assert names(three_versions) == {"champion": "3"}

    def test_without_a_champion_it_says_so(self, three_versions):
        with pytest.raises(StateError, match="no champion to roll back from"):
            rollback(three_versions, at=MONDAY)

    def test_a_promotion_killed_between_its_two_steps_is_nothing_to_go_back_to(self, three_versions):
        promote(three_versions, at=MONDAY)
        with looking(three_versions) as client:
            client.set_registered_model_alias(MODEL, "previous", "3")
        with pytest.raises(StateError, match="nothing to go back to"):
            rollback(three_versions, at=MONDAY)


class TestWhatIsNotThere:
    def test_no_version_yet(self, settings):
        with pytest.raises(StateError, match=r"no version yet\. Train one: omnishelf train"):
            promote(settings, at=MONDAY)

    @pytest.mark.parametrize("version", ["7", "newest"])
    def test_another_version(self, three_versions, version):
        with pytest.raises(StateError, match=f"no version '{version}'. Its newest are: 1, 2, 3"):
            promote(three_versions, version, at=MONDAY)

    def test_no_store_yet(self, tmp_path):
        with pytest.raises(StateError, match="omnishelf train"):
            promote(Settings(work=tmp_path), at=MONDAY)
        assert list(tmp_path.iterdir()) == []
