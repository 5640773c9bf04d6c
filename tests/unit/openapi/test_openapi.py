"""The OpenAPI document: made of collect's routes, checked in, and never behind them."""

from pathlib import Path

import yaml
from openapi_spec_validator import validate

from switchyard.collect.routes import ROUTES, find_route
from switchyard_cli.openapi.document import document, write_openapi

CHECKED_IN = Path(__file__).parents[3] / "docs" / "openapi.yaml"


def test_the_file_is_current():
    """If this fails: ``.venv/bin/switchyard openapi > docs/openapi.yaml``."""
    assert CHECKED_IN.read_text() == write_openapi()


def test_it_is_openapi():
    """By the standard's own schema, every reference included."""
    validate(document())
    assert yaml.safe_load(write_openapi()) == document()


def test_every_route_is_an_operation_and_every_operation_a_route():
    """A path in the document is answered by the route that it was made of."""
    operations = {(method.upper(), path) for path, item in document()["paths"].items() for method in item}
    assert operations == {(route.method, route.path) for route in ROUTES}
    for method, path in operations:
        found = find_route("/v1" + path)
        assert found is not None
        assert (found.route.method, found.route.path) == (method, path)


def test_no_status_is_named_that_sdks_mishandle():
    """401 and 413 are sent again for ever by some of them; they are never answered."""
    statuses = {
        int(status) for item in document()["paths"].values() for each in item.values() for status in each["responses"]
    }
    assert statuses == {200, 400, 404, 429, 503}
