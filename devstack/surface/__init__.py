"""The HTTP surface of hosted Supabase, as far as our clients use it, on one port of this machine. Never deployed.

    /auth/v1       sign-up, sign-in, tokens           devstack/surface/auth
    /rest/v1       tables and functions               devstack/surface/rest
    /storage/v1    buckets and files                  devstack/surface/storage
    /functions/v1  the edge functions                 devstack/surface/functions.py
    /realtime/v1   the Realtime gateway               app/realtime

What it does not support it refuses by name, with 501 and the way to a full Supabase.
"""
