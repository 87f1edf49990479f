"""How people sign in: who a request comes from, the pages for it, and each person's own page."""
