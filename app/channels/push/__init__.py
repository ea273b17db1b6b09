"""Notifications on people's devices: `web` for browsers, `fcm` and `apns` for apps on phones, `ways` for whoever has an
address and has to find out which. What they are given is the same; `shown` says what that is."""
