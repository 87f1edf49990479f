"""What all requests share: errors, headers, security, bodies, dependencies. It knows shapes and words, no route."""
