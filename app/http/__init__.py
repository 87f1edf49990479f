"""What every request meets: errors, headers, security, bodies, dependencies. It knows shapes and words, no route."""
