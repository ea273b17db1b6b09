"""`parley demo --seed`: a tenant that looks as one does after a month of work.

Everything in it was done by the functions a real one uses, within one transaction; only the moments are moved into the
past afterwards, see `past`. Texts and names are the JSON files beside this one.
"""
