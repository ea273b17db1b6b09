"""The WhatsApp channel over Meta's Cloud API: `cloud` sends, `webhooks` reads what Meta says, `messages` writes what
goes out, `errors` knows what a refusal means."""
