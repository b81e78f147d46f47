"""Labelled texts and an encoder > a model with a head that classifies texts or finds the entities in them.

The training is that of the transformers library. This folder holds what it leaves to its users: labels
by code points that become tags of tokens, texts longer than the model, sides without copies on both,
and scores with intervals beside what a rule without a model would have.
"""
