"""How recommenders come about: candidates, rankers, bundle, judgement, promotion."""
