"""Serve the model to the other processes of a host."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.common import reader_of, settings_or_fail
from kb.errors import KBError
from kb.wording import say

PORT = 8002


class ExposedModelError(KBError):
    """Other machines would reach the model without a key."""

    def __init__(self, host: str) -> None:
        super().__init__(
            say(
                "{host} is reachable from other machines. Set KB_EMBEDDINGS_KEY, which they then have to send.",
                host=host,
            )
        )


def embeddings(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = PORT,
) -> None:
    """Serve the model to several servers of a machine (their KB_EMBEDDINGS_URL): it is loaded only once."""
    import uvicorn

    from app.data_folder import prepare
    from app.embedding import embedding_key, local_embedder
    from app.http.server import bound, server_config, share_cores
    from app.model_server import ModelServer, model_app
    from app.settings import LOOPBACK

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    key = embedding_key(settings)
    if host not in LOOPBACK and not key:
        raise ExposedModelError(host)
    share_cores()
    prepare(settings.data)
    model = local_embedder(settings)
    model.embed_as_given(["勝ち筋"])  # loaded before the first request
    with bound(host, port) as opened:
        typer.echo(reader("cli.serving_model", url=f"http://{host}:{port}/v1"), err=True)
        app = model_app(ModelServer(model, settings.waiting), key)
        uvicorn.Server(server_config(app, host, port)).run(sockets=[opened])
