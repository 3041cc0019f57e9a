"""What moto lacks, by service: the module of a service is loaded before its first request."""

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException

Method = Callable[..., Any]


class Refusal(ServiceException):
    """What AWS answers to a request that it does not take: an error code and a message.

    (moto looks up the error in the service's model for exceptions that are not its own.)
    """


def extends(kind: type) -> Callable[[Method], Method]:
    """Put a function in place of the method of its name, which it is given as `before`."""

    def decorate(function: Method) -> Method:
        before = getattr(kind, function.__name__, None)

        def method(self: Any, *arguments: Any, **named: Any) -> Any:
            return function(before, self, *arguments, **named)

        setattr(kind, function.__name__, method)
        return function

    return decorate
