"""What goes over HTTP: the models of requests and answers. They import `kb`, `ingest` and `app.words`, no route."""
