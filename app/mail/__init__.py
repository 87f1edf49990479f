"""Mail: the weekly digest, and the questions about a deal that ended without a reason."""
