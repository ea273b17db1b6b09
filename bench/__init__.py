"""What we claim about speed, measured beside floors and peers: `parley bench ingest|queue|reads|…`."""
