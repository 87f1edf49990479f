"""The command line `kb`. Commands import what they need when they run; nothing else of `app` imports this wing."""
