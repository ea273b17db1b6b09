"""The SMS channel over Twilio's API: `twilio` sends, `webhooks` reads what Twilio says, `segments` counts what a text
costs."""
