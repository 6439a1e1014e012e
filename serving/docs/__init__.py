"""The pages and the OpenAPI document that tell about the API."""
