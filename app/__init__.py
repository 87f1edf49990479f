"""The service: web page, API, command line."""
