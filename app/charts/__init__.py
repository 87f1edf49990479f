"""Charts, drawn on the server as SVG in the colours of the page."""
