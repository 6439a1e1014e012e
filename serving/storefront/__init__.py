"""The API of storefronts: payloads, the queue, the champion, telemetry."""
