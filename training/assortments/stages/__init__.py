"""The stages of an assortment run, in the order of the pipeline."""
