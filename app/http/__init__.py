"""What all requests share: errors, headers, security, bodies, dependencies.

It knows shapes and words, and of the routes only the page that shows an error.
"""
