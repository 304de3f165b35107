"""HTTP, both ways: `fetch` reads pages, `call` speaks with providers."""
