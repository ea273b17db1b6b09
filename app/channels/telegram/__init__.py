"""The Telegram channel: bots over the Bot API. `adapter` sends, `updates` reads what Telegram says, `files` fetches
media, `markdown` writes formatting so that it cannot be misread, `api` speaks HTTP."""
