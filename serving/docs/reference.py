"""The page at `/docs`: the OpenAPI document, written out for people."""

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from serving.web.frame import page
from serving.web.problems import KINDS

_Json = dict[str, Any]


def reference_page(document: _Json) -> str:
    """HTML of the whole document: operations by tag, then the kinds of problems."""
    operations = list(_operations(document))
    body = (
        f'<div class="columns">{_contents(document, operations)}<main>'
        f"<h1>{escape(document['info']['title'])}</h1>"
        f"{_paragraphs(document['info']['description'])}"
        f'<p>For machines: <a href="/openapi.json">openapi.json</a> (OpenAPI {document["openapi"]}).</p>'
        f"{_sections(document, operations)}{_problem_section()}</main></div>"
    )
    return page(document["info"]["title"], body, path="/docs")


def _operations(document: _Json) -> Iterator[tuple[str, str, _Json]]:
    """(method, path, operation) in the order of the document."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _contents(document: _Json, operations: list[tuple[str, str, _Json]]) -> str:
    parts = []
    for tag in document["tags"]:
        parts.append(f"<strong>{escape(tag['name'])}</strong><ul>")
        parts += [
            f'<li><a href="#{operation["operationId"]}">{escape(path)}</a></li>'
            for _, path, operation in operations
            if tag["name"] in operation["tags"]
        ]
        parts.append("</ul>")
    problems = "".join(f'<li><a href="#problem-{kind.slug}">{kind.status.value} {kind.slug}</a></li>' for kind in KINDS)
    parts.append(f"<strong>Problems</strong><ul>{problems}</ul>")
    return f'<nav class="contents" aria-label="Contents">{"".join(parts)}</nav>'


def _sections(document: _Json, operations: list[tuple[str, str, _Json]]) -> str:
    parts = []
    for tag in document["tags"]:
        parts.append(f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>")
        parts += [
            _operation(document, method, path, operation)
            for method, path, operation in operations
            if tag["name"] in operation["tags"]
        ]
    return "".join(parts)


def _operation(document: _Json, method: str, path: str, operation: _Json) -> str:
    return (
        f'<section class="operation" id="{operation["operationId"]}">'
        f'<h3><span class="method">{method}</span><code>{escape(path)}</code> {escape(operation["summary"])}</h3>'
        f"{_paragraphs(operation['description'])}"
        f"{_request(document, method, path, operation)}"
        f"{_answers(document, operation)}</section>"
    )


def _request(document: _Json, method: str, path: str, operation: _Json) -> str:
    headers = "".join(
        f"<tr><td><code>{escape(each['name'])}</code></td><td>{_inline(each['description'])}</td></tr>"
        for each in operation.get("parameters", ())
    )
    parts = [f'<h4>Headers</h4><div class="scroll"><table>{headers}</table></div>'] if headers else []
    if "requestBody" not in operation:
        return "".join((*parts, f"<pre><code>{escape(f'curl http://127.0.0.1:8700{path}')}</code></pre>"))
    content = operation["requestBody"]["content"]["application/json"]
    parts.append(f"<h4>Body</h4>{_fields(document, content['schema'], says_required=True)}")
    parts += [
        f"<h4>{escape(example['summary'])}</h4>{_curl(method, path, example['value'])}"
        for example in content["examples"].values()
    ]
    return "".join(parts)


def _curl(method: str, path: str, body: _Json) -> str:
    text = json.dumps(body, indent=2, ensure_ascii=False)
    command = (
        f"curl -X {method} http://127.0.0.1:8700{path} \\\n  -H 'Content-Type: application/json' \\\n  -d '{text}'"
    )
    return f"<pre><code>{escape(command)}</code></pre>"


def _answers(document: _Json, operation: _Json) -> str:
    parts = []
    problems = []
    for status, answer in operation["responses"].items():
        media_type, content = next(iter(answer["content"].items()))
        if status.startswith("2"):
            parts.append(f"<h4>Answer {status}</h4><p>{_inline(answer['description'])}</p>")
            parts.append(_fields(document, content["schema"]) if "json" in media_type else "")
            parts.append(_example(content["example"]) if "example" in content else "")
        else:
            problems.append(
                f'<tr><td><a href="{content["example"]["type"].removeprefix("/docs")}">{status}</a></td>'
                f"<td>{_inline(answer['description'])}</td></tr>"
            )
    table = f"<details><summary>Problems</summary><table>{''.join(problems)}</table></details>"
    return "".join((*parts, table))


def _example(value: Any) -> str:  # noqa: ANN401 - any JSON
    return f"<pre><code>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</code></pre>"


def _fields(document: _Json, schema: _Json, *, says_required: bool = False) -> str:
    rows = "".join(_rows(document, schema, 0, says_required=says_required))
    head = "<thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead>"
    return f'<div class="scroll"><table class="fields">{head}<tbody>{rows}</tbody></table></div>' if rows else ""


def _rows(document: _Json, schema: _Json, depth: int, *, says_required: bool) -> Iterator[str]:
    """A row for each field, each object's own fields indented under it."""
    resolved = _resolved(document, schema)
    for name, field in resolved.get("properties", {}).items():
        inner = _resolved(document, field)
        required = says_required and name in resolved.get("required", ())
        yield (
            f'<tr><td><span class="{"nested" if depth else ""}"><code>{"· " * depth}{escape(name)}</code></span>'
            f"{' <span class=need>required</span>' if required else ''}</td>"
            f"<td>{escape(_kind(document, field))}</td><td>{_meaning(field, inner)}</td></tr>"
        )
        yield from _rows(document, inner.get("items", inner), depth + 1, says_required=says_required)


def _resolved(document: _Json, schema: _Json) -> _Json:
    """The schema itself behind a reference or an `or null`."""
    if "$ref" in schema:
        return dict(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return _resolved(document, choices[0]) if choices else schema


def _kind(document: _Json, schema: _Json) -> str:
    """The type in a few words: `list of string`, `home | buy-again`."""
    inner = _resolved(document, schema)
    if "const" in inner:
        return str(inner["const"])
    if "enum" in inner:
        return " | ".join(map(str, inner["enum"]))
    if inner.get("type") == "array":
        return f"list of {_kind(document, inner['items'])}"
    return str(inner.get("type", "any"))


def _meaning(field: _Json, inner: _Json) -> str:
    text = _inline(str(field.get("description") or inner.get("description", "")))
    return f"<p>{text} <small>{escape(_limits(field, inner))}</small></p>"


def _limits(field: _Json, inner: _Json) -> str:
    parts = []
    if "minimum" in inner and "maximum" in inner:
        parts.append(f"{inner['minimum']} to {inner['maximum']}")
    elif "minimum" in inner:
        parts.append(f"at least {inner['minimum']}")
    if "maxLength" in inner:
        parts.append(f"{inner.get('minLength', 0)} to {inner['maxLength']} characters")
    if "maxItems" in inner:
        parts.append(f"at most {inner['maxItems']}")
    if field.get("default") is not None:
        parts.append(f"default {json.dumps(field['default'])}")
    return ", ".join(parts)


def _problem_section() -> str:
    intro = (
        "<h2>Problems</h2><p>Errors have the media type <code>application/problem+json</code>. Tell kinds apart by "
        "<code>type</code> or <code>status</code>; <code>detail</code> is for people and may change.</p>"
    )
    rows = "".join(
        f'<tr id="problem-{kind.slug}"><td>{kind.status.value}</td><td><code>{kind.slug}</code></td>'
        f"<td>{escape(kind.title)}. {_inline(kind.meaning)}</td></tr>"
        for kind in KINDS
    )
    return f"{intro}<table>{rows}</table>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_inline(each)}</p>" for each in text.split("\n\n"))


def _inline(text: str) -> str:
    """Text as HTML; what stands between backquotes becomes code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
