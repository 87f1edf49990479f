"""The models of HTTP requests and responses. They import `kb` and `app.words`, no route."""
