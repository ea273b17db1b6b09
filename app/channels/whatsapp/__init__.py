"""The WhatsApp channel: `baileys` is the way out by a bridge, the other modules are Meta's Cloud API. `cloud` sends,
`messages` writes what goes out, `webhooks` reads what Meta says, `errors` knows what a refusal means."""
