"""Everything that crosses a network: HTTP, tokens, rate limits, outages, reply formats."""
