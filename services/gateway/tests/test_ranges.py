"""Which part of an object is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.ranges import Part, RangeRefused, wanted

SIZES = st.integers(0, 50)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-1", Part(0, 1)),
        ("bytes=0-", Part(0, 99)),
        ("bytes=99-", Part(99, 99)),
        ("bytes=50-5000000", Part(50, 99)),
        ("bytes=-10", Part(90, 99)),
        ("bytes=-1000", Part(0, 99)),
        (" Bytes=3-3 ", Part(3, 3)),
    ],
)
def test_one_range_is_one_part(header: str, part: Part):
    assert wanted(header, 100) == part


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "items=0-1", "bytes=a-b", "bytes=٣-٤"],
)
def test_what_is_no_single_range_is_all(header: str | None):
    assert wanted(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_outside_of_the_object_is_refused(header: str):
    with pytest.raises(RangeRefused):
        wanted(header, 100)


@given(SIZES, SIZES, SIZES)
def test_a_part_is_what_a_slice_would_be(size: int, first: int, last: int):
    data = bytes(range(size))
    try:
        part = wanted(f"bytes={first}-{last}", size)
    except RangeRefused:
        assert data[first:] == b""
    else:
        if part is None:
            assert last < first
        else:
            assert data[part.first : part.last + 1] == data[first : last + 1]


@given(SIZES, st.integers(1, 60))
def test_the_last_bytes_are_the_last_bytes(size: int, count: int):
    data = bytes(range(size))
    if not data:
        with pytest.raises(RangeRefused):
            wanted(f"bytes=-{count}", size)
        return
    part = wanted(f"bytes=-{count}", size)
    assert part is not None
    assert data[part.first : part.last + 1] == data[-count:]


@given(st.text(max_size=40), SIZES)
def test_a_part_never_leaves_the_object_whatever_is_asked(header: str, size: int):
    try:
        part = wanted(f"bytes={header}", size)
    except RangeRefused:
        return
    assert part is None or 0 <= part.first <= part.last < size
