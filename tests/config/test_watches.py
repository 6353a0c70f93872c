"""Watches and completion rules, as an operator writes them."""

from pathlib import Path

import pytest

from wingtel.config.watches import QUIET, Completion, Sign, Watch, parse_completion, parse_watch, parse_watches


@pytest.mark.parametrize(
    ("text", "watch"),
    [
        ("att=/srv/att", Watch("att", "att", Path("/srv/att"))),
        (" /etc/feeds/att.toml=/srv/My Files ", Watch("att", "/etc/feeds/att.toml", Path("/srv/My Files"))),
        ("att=/srv/a=b", Watch("att", "att", Path("/srv/a=b"))),
        ("att=/srv/att name=night", Watch("night", "att", Path("/srv/att"))),
        ("att=/srv/att complete=marker", Watch("att", "att", Path("/srv/att"), Completion(Sign.MARKER))),
        (
            "att=/srv/att  complete=quiet:1.5 name=a-1",
            Watch("a-1", "att", Path("/srv/att"), Completion(Sign.QUIET, 1.5)),
        ),
    ],
)
def test_a_watch_is_a_profile_and_a_folder_with_options_after_it(text: str, watch: Watch) -> None:
    assert parse_watch(text) == watch


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("att", "has to be PROFILE=FOLDER"),
        ("=/srv/att", "has to be PROFILE=FOLDER"),
        ("att= name=x", "has to be PROFILE=FOLDER"),
        ("att=/srv/att complet=marker", "complet= is not one of name=NAME and complete=RULE"),
        ("att=/srv/att name=a name=b", "name= is not one of .* each once"),
        ("att=/srv/att name=a/b", "the name 'a/b' has to be 1 to 50 letters"),
        ("att=/srv/att name=", "the name '' has to be 1 to 50 letters"),
        ("att=/srv/att complete=soon", "'soon' is not rename, marker, quiet, or quiet:SECONDS"),
    ],
)
def test_an_invalid_watch_is_rejected_with_the_expected_form(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_watch(text)


@pytest.mark.parametrize("text", ["rename:5", "quiet:-1", "quiet:nan", "quiet:inf", "quiet:86401", ""])
def test_a_rule_that_makes_no_sense_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="is not rename, marker, quiet, or quiet:SECONDS with up to 86400 seconds"):
        parse_completion(text)


def test_names_are_told_apart_by_numbers() -> None:
    watches = parse_watches("att=/a, att=/b,own/att.toml=/c name=att,x=/d,")
    assert [(watch.name, str(watch.folder)) for watch in watches] == [
        ("att", "/a"),
        ("att-2", "/b"),
        ("att-3", "/c"),
        ("x", "/d"),
    ]
    assert {watch.completion for watch in watches} == {QUIET}
    assert parse_watches("") == ()


def test_a_folder_is_watched_once() -> None:
    with pytest.raises(ValueError, match="/a is watched twice"):
        parse_watches("att=/a,sprint=/a")
