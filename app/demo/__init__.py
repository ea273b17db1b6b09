"""`parley demo`: the main job in one go, on real mail, with the figures that prove it."""
