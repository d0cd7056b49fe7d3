"""Language models over HTTP. Nothing here knows rows or tenants: what to ask of whom comes in,
a typed answer goes out."""
