"""The rules, pure, read in this order:

world (the nouns), accounts; days, holdings, plans, rights, refusals, access; stated, brake;
groups, keys, ownership, changes.
"""
