"""The targets of `make fuzz`: that they reach what they are to reach, and some inputs of Hypothesis's own."""

from collections import Counter

import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.targets import LISTS, TARGETS, fill, page_token, request
from tests.input.wire import requests
from tests.input.world import unmade

ANSWERS = {"nothing", "no message", "reached", "INVALID_REQUEST"}
KNOWN = {key: values or [""] for key, values in unmade().items()}
SETTINGS = settings(max_examples=30, derandomize=True, database=None, deadline=None)
# A right position for some List: the time and id of an order, a UUID, an id, a number.
POSITIONS = ['"2026-01-01T00:00:00+00:00","a"', '"01a21206-24f3-767b-8719-1d30e587edc1"', '"a"', "1"]


@pytest.mark.parametrize("i", range(len(TARGETS)), ids=lambda i: TARGETS[i][0].name)
def test_a_request_that_is_right_reaches_its_use_case(i: int) -> None:
    method: MethodDescriptor = TARGETS[i][0]
    message = GetMessageClass(method.input_type)()
    fill(message)
    assert request(bytes([i]) + message.SerializeToString()) == "reached"


@pytest.mark.parametrize("i", range(len(TARGETS)), ids=lambda i: TARGETS[i][0].name)
def test_any_request_is_a_command_or_a_refusal(i: int) -> None:
    answered: Counter[str] = Counter()

    @SETTINGS
    @given(requests(TARGETS[i][0].input_type, KNOWN))
    def send(data: bytes) -> None:
        answered[request(bytes([i]) + data)] += 1

    send()
    assert "INVALID_REQUEST" in answered
    assert answered.keys() <= ANSWERS


@pytest.mark.parametrize("i", range(len(LISTS)), ids=lambda i: LISTS[i][0].name)
def test_a_page_token_with_a_right_position_reaches_its_use_case(i: int) -> None:
    assert "reached" in {page_token(bytes([i]) + position.encode()) for position in POSITIONS}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(POSITIONS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)


@settings(SETTINGS, max_examples=300)
@given(st.integers(0, 255), st.lists(JSON, max_size=3).map(repr) | st.binary(max_size=30).map(repr))
def test_any_page_token_is_a_position_or_a_refusal(which: int, position: str) -> None:
    assert page_token(bytes([which]) + position.encode()) in ANSWERS
