"""What each RPC may answer, read from the comments of its .proto: there is no second list to keep in step."""

import re
from collections.abc import Iterator

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from guide.protos import INNER, SERVICES, comments, files

# `NOT_FOUND / ORDER_NOT_FOUND, ACCOUNT_NOT_FOUND`: a status, and the reasons that go with it.
WORD = re.compile(r"\b(?P<status>[A-Z_]{3,}) / |\b(?P<reason>[A-Z]+(?:_[A-Z]+)+|OVERLOADED|INTERNAL|STARTING)\b")
EVERY_RPC = re.compile(r"Every RPC can also answer (.*?)\.(?: |$)")
ERRORS = re.compile(r"\bErrors: (.*)")
AS_ANOTHER = re.compile(r"^as (\w+),|^each outcome has (\w+)'s")
Answers = frozenset[tuple[str, str]]  # status and reason


class UndocumentedError(Exception):
    """A method, or a service, whose comment does not say what it answers."""


def documented() -> dict[str, Answers]:
    """For each method, by full name, the (status, reason) pairs that its comment lists, or its service's."""
    return {name: answers for file in files() for name, answers in _methods(file)}


def _methods(file: FileDescriptorProto) -> Iterator[tuple[str, Answers]]:
    said = {place: " ".join(comment.split()) for place, comment in comments(file).items()}
    for s, service in enumerate(file.service):
        every = EVERY_RPC.search(said.get((SERVICES, s), ""))
        if every is None:
            raise UndocumentedError(f"{service.name}: no 'Every RPC can also answer …'")
        own = {method.name: said.get((SERVICES, s, INNER, m), "") for m, method in enumerate(service.method)}
        for method, comment in own.items():
            if not comment:
                raise UndocumentedError(f"{service.name}.{method} has no comment")
            answers = frozenset(_pairs(every[1])) | _of_errors(own, method)
            yield f"{file.package}.{service.name}.{method}", answers


def _of_errors(said: dict[str, str], method: str) -> Answers:
    found = ERRORS.search(said[method])
    if found is None:
        return frozenset()
    other = AS_ANOTHER.search(found[1])
    others = _of_errors(said, other[1] or other[2]) if other else frozenset()
    return frozenset(_pairs(found[1])) | others


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """A reason goes with the status before it. Before the first status stand only those of the RPC referred to."""
    status = ""
    for word in WORD.finditer(text):
        if word["status"]:
            status = word["status"]
        elif status and (word["reason"] == "INTERNAL" or word["reason"] not in grpc.StatusCode.__members__):
            yield status, word["reason"]
