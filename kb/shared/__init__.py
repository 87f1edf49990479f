"""What the processes of one knowledge base share in a database."""
