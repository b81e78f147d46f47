"""longgrain: long documents in, packed and masked fine-tuning rows out, every token accounted for."""
