"""Network access: HTTP, tokens, rate limits, outages, reply formats."""
