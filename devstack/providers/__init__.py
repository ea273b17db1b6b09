"""Providers that stand in for the real ones on this machine: they speak the real protocol, and reach nobody."""
