import pytest
from aiohttp import web

from services.gateway.pictures.wishes import Wishes, wishes


def test_without_a_word_pictures_come_as_they_are() -> None:
    assert wishes({}) == Wishes()


def test_all_of_them_together() -> None:
    query = {"fps": "4", "width": "320", "max_age": "1.5", "repeat": "1"}
    assert wishes(query) == Wishes(interval_s=0.25, width=320, max_age_s=1.5, repeats=True)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("fps", "0", "fps is a number from 0.01 to 1000, such as ?fps=2"),
        ("width", "3", "width is a number from 16 to 7680, such as ?width=640"),
        ("width", "99999", "width is a number from 16 to 7680, such as ?width=640"),
        ("width", "640.5", "width is a whole number of pixels, such as ?width=640"),
        ("width", "nan", "width is a number from 16 to 7680, such as ?width=640"),
        ("max_age", "-1", "max_age is a number from 0.01 to 86400, such as ?max_age=1.5"),
        ("max_age", "", "max_age is a number from 0.01 to 86400, such as ?max_age=1.5"),
    ],
)
def test_what_cannot_be_says_what_can(name: str, value: str, sentence: str) -> None:
    with pytest.raises(web.HTTPBadRequest) as refused:
        wishes({name: value})
    assert refused.value.text == sentence
