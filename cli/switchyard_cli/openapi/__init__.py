"""The tracking API as an OpenAPI document, made from collect's own table of routes.

``schemas``  what travels in requests and answers
``document`` the routes, each with its schemas
"""
