"""The models of HTTP requests and responses. They import `kb`, `ingest` and `app.words`, no route."""
