"""The reader of documentation reads what a shell would."""

import pytest

from tests.helpers.documents import blocks, links

PAGE = """# A page, see [another](other.md#part) and [the web](https://example.org)

<!-- run -->
```console
$ make doctor
everything is well
$ curl -s http://127.0.0.1:8700/v1/recommendations \\
    -d '{"placement": "home",
         "page_size": 3}'
{"items": []}
```

- in a list

  <!-- not run: takes minutes -->
  ```bash
  # the long one
  make demo
  ```

```console
$ make test
```

```python
print("no command")
```
"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_commands_and_marks(page):
    first, second, third = blocks(page)
    assert first.runs
    assert first.commands[0] == "make doctor"
    assert first.commands[1].startswith("curl -s http://127.0.0.1:8700/v1/recommendations")
    assert first.commands[1].endswith('"page_size": 3}\'')
    assert (second.mark, second.commands) == ("not run: takes minutes", ("make demo",))
    assert (third.mark, third.runs) == (None, False)
    assert str(second) == "page.md:16"


def test_links(page):
    assert links(page) == ["other.md"]


@pytest.mark.parametrize("text", ["```console\n$ make", "```console\n$ echo 'open\n```\n"])
def test_what_is_left_open_is_an_error(tmp_path, text):
    path = tmp_path / "open.md"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"not closed|not finished"):
        list(blocks(path))
