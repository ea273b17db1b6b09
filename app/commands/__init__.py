"""The commands of `parley`, one file each; `app.cli` finds them."""
