"""The WhatsApp channel: one module per provider."""
