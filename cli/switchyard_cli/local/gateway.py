"""API Gateway at a desk: HTTP requests → REST proxy events → the function behind the route."""

import logging
import re
import socket
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from switchyard.errors import ConfigError
from switchyard.events import Json
from switchyard_cli.local.functions import Function, Trigger
from switchyard_cli.local.template import Template

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY_BYTES: Final = 10 * 1024 * 1024
"""API Gateway's limit for a request."""

REQUEST_ID: Final = "x-amzn-RequestId"
"""The header in which API Gateway names a request, as the function's log does."""

HOST: Final = "127.0.0.1"

_GREEDY: Final = re.compile(r"\{(\w+)\+\}")

_log = logging.getLogger(__name__)


class _Handler(WSGIRequestHandler):
    """Keeps connections open, as API Gateway does, and prints no line for each request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing: the functions' log has every request."""


class Exchange(NamedTuple):
    """One request and how it was answered."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Greedy(BaseConverter):
    """``{proxy+}``: the rest of the path, with whatever slashes are in it."""

    regex = r"[\s\S]+"  # of line breaks, too
    part_isolating = False


class Gateway:
    """The template's routes on a port of this machine, and ``GET /health``."""

    def __init__(self, template: Template, functions: dict[str, Function], routes: Iterable[Trigger]) -> None:
        (api,) = template.resources("AWS::Serverless::Api").values()
        self._gateway_responses: dict[str, Json] = template.resolve(api["GatewayResponses"])
        self._functions = functions
        self._routes = Map(
            [
                Rule(
                    _GREEDY.sub(r"<greedy:\1>", each.properties["Path"]).replace("{", "<").replace("}", ">"),
                    methods=[each.properties["Method"]],
                    endpoint=(each.function, each.properties["Path"]),
                )
                for each in routes
            ],
            converters={"greedy": _Greedy},
            strict_slashes=False,
            merge_slashes=False,
        )
        self._server: BaseWSGIServer | None = None
        self._watcher: Callable[[Exchange], None] = lambda _: None

    def serve(self, port: int) -> str:
        """Start to answer in the background; return the address. Raises ConfigError when the port is taken."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            remedy = "choose another with --port, as in make run PORT=3001"
            raise ConfigError(f"port {port} cannot be used ({error.strerror}); {remedy}") from None
        listener.listen(128)
        port = listener.getsockname()[1]
        with listener:
            self._server = make_server(
                HOST, port, self._application, threaded=True, request_handler=_Handler, fd=listener.fileno()
            )
        threading.Thread(target=self._server.serve_forever, name="gateway", daemon=True).start()
        return f"http://{HOST}:{port}"

    def close(self) -> None:
        """Stop answering."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def watch(self, watcher: Callable[[Exchange], None]) -> None:
        """Tell the watcher of every request from now on, but for those that ask for health."""
        self._watcher = watcher

    def _application(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = MAX_BODY_BYTES
        if request.path == "/health":
            return Response('{"status": "ok"}', content_type="application/json")(environ, start_response)
        response = self._answer(request)
        self._watcher(
            Exchange(request.method, request.path, response.status_code, dict(response.headers), response.get_data())
        )
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            (function, resource), parameters = self._routes.bind_to_environ(request.environ).match()
            event = proxy_event(request, resource, dict(parameters))
        except HTTPException as error:
            no_route = error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
            return self._own_response("MISSING_AUTHENTICATION_TOKEN" if no_route else "DEFAULT_4XX")
        try:
            response = _response(self._functions[function].invoke(event))
        except Exception:  # noqa: BLE001 - whatever a handler raises is API Gateway's 5xx
            _log.exception("%s failed", function)
            return self._own_response("DEFAULT_5XX")
        response.headers[REQUEST_ID] = event["requestContext"]["requestId"]
        return response

    def _own_response(self, kind: str) -> Response:
        """Return what API Gateway itself would say, by the template's gateway responses."""
        own = self._gateway_responses[kind]
        body = own["ResponseTemplates"]["application/json"]
        body = body.replace("$context.error.responseType", kind).replace("$context.error.messageString", '"Refused"')
        headers = {name: value.strip("'") for name, value in own["ResponseParameters"]["Headers"].items()}
        return Response(body, int(own["StatusCode"]), headers, content_type="application/json")


def proxy_event(request: Request, resource: str, parameters: dict[str, Any]) -> dict[str, Json]:
    """Return the event that a Lambda behind a REST API gets; with ``*/*`` as binary every body is base64."""
    headers = [*request.headers, ("X-Forwarded-Proto", request.scheme)]
    body = request.get_data()
    return {
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": {name: request.headers.getlist(name) or [value] for name, value in headers},
        "queryStringParameters": request.args.to_dict() or None,
        "multiValueQueryStringParameters": {name: request.args.getlist(name) for name in request.args} or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid4()),
            "resourcePath": resource,
            "httpMethod": request.method,
            "path": request.path,
            "stage": "v1",
            "domainName": request.host,
            "requestTimeEpoch": round(time.time() * 1000),
            "identity": {"sourceIp": request.remote_addr, "userAgent": request.headers.get("User-Agent")},
        },
        "body": b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def _response(answer: Json) -> Response:
    body = b64decode(answer["body"]) if answer.get("isBase64Encoded") else answer["body"].encode()
    return Response(body, answer["statusCode"], answer["headers"])
