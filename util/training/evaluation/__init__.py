"""What a model does beyond its headline figures: subgroups, corruptions, attacks, copies, shortcuts, errors, and the
report that shows them.

Everything here works on an indexed data set and a card, prepares pictures by the card's own chain, and gives
plain rows that go into `evaluation.yaml` beside the card and into one HTML page.
"""
