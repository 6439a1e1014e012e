"""Scoring with ONNX Runtime: one thread, so that workers share the processor instead of fighting for it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort

from features.facts.facts import Floats


@dataclass(frozen=True, slots=True)
class OnnxRanker:
    """A ranker exported to ONNX; calling it gives one score a row."""

    session: ort.InferenceSession
    input_name: str

    @classmethod
    def load(cls, path: Path) -> "OnnxRanker":
        """Raises ValueError where the file is missing or damaged."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no common ancestor
            raise ValueError(f"{path.name} is no model that ONNX Runtime reads: {error}") from error
        return cls(session, session.get_inputs()[0].name)

    def __call__(self, features: Floats) -> Floats:
        """Scores (n,) of feature rows (n, columns), float32."""
        if not len(features):
            return np.zeros(0, dtype=np.float32)
        scores: Floats = self.session.run(None, {self.input_name: features})[0].ravel()
        return scores


@dataclass(frozen=True, slots=True)
class Guard:
    """How much of a simple score is mixed into a ranker's, as backtests justified: 0 nothing, 1 only the simple one.

    `column` is the feature that is the simple score. Both are standardised over the candidates of a
    request before they are mixed.
    """

    column: int
    weight: float

    def mix(self, scores: Floats, features: Floats) -> Floats:
        """Mixed scores (n,) of the candidates of one request."""
        if not self.weight or not len(scores):
            return scores
        # The root, because one staple can have ten times the score of everything else; scores may be below zero.
        simple = np.sqrt(np.maximum(features[:, self.column], 0))
        mixed: Floats = (1 - self.weight) * _standard(scores) + self.weight * _standard(simple)
        return mixed


@dataclass(frozen=True, slots=True)
class GuardedRanker:
    """What a bundle scores with."""

    ranker: OnnxRanker
    guard: Guard

    def __call__(self, features: Floats) -> Floats:
        """Scores (n,) of the candidates of one request, (n, columns) float32."""
        return self.guard.mix(self.ranker(features), features)


def _standard(values: Floats) -> Floats:
    result: Floats = (values - values.mean()) / max(float(values.std()), 1e-9)
    return result
