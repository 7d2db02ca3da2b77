import pytest
from django.http import HttpResponse

from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.web.middleware import RequestLogMiddleware

from .conftest import MakeRequest


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (NotFound("Invoice 5 of Globex is not yours."), 404, "There is nothing here"),
        (PermissionDenied("Your role may not confirm."), 403, "Your role may not confirm."),
        (Conflict("Changed by Fay a minute ago."), 409, "Changed by Fay a minute ago."),
        (DomainError("The period is closed."), 422, "The period is closed."),
    ],
)
def test_shows_a_refusal_as_a_page_that_helps(
    make_request: MakeRequest, error: DomainError, status: int, sentence: str
) -> None:
    middleware = RequestLogMiddleware(lambda request: HttpResponse())
    response = middleware.process_exception(make_request(), error)
    assert response is not None and response.status_code == status
    assert sentence in response.content.decode()


def test_never_tells_what_was_not_found(make_request: MakeRequest) -> None:
    middleware = RequestLogMiddleware(lambda request: HttpResponse())
    response = middleware.process_exception(make_request(), NotFound("Invoice 5 of Globex"))
    assert response is not None and b"Globex" not in response.content


def test_tells_htmx_the_sentence_alone(make_request: MakeRequest) -> None:
    middleware = RequestLogMiddleware(lambda request: HttpResponse())
    response = middleware.process_exception(make_request(htmx=True), DomainError("Closed."))
    assert response is not None and response.content == b"Closed."


def test_leaves_programming_errors_alone(make_request: MakeRequest) -> None:
    middleware = RequestLogMiddleware(lambda request: HttpResponse())
    assert middleware.process_exception(make_request(), ValueError("x")) is None
