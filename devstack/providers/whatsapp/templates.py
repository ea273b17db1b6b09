"""Templates: listed as the business account has them, and refused where a send fills them wrongly."""

from typing import Any

from devstack.providers.whatsapp.numbers import PLACE, Files, GraphError, Json, Number

PAGE_MOST = 100
_MEDIA = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}


def listed(number: Number, asked: dict[str, str]) -> Json:
    """One page of GET /<business account>/message_templates, and where the next one is."""
    every = sorted(number.templates.values(), key=lambda one: (one["name"], one["language"]))
    limit, start = min(int(asked.get("limit", "25")), PAGE_MOST), int(asked.get("after") or 0)
    fields = {"id", *asked.get("fields", "name,language,status,category").split(",")}
    page = [{name: value for name, value in one.items() if name in fields} for one in every[start : start + limit]]
    paging: Json = {"cursors": {"before": str(start), "after": str(start + len(page))}}
    if start + len(page) < len(every):
        paging["next"] = f"/{number.business}/message_templates?after={start + len(page)}"
    return {"data": page, "paging": paging} if page else {"data": []}


def check_template(number: Number, about: Json, files: Files) -> None:
    """Raises GraphError for a template that is not there, not approved, or filled wrongly."""
    language = about.get("language")
    key = (str(about.get("name")), str(language.get("code") if isinstance(language, dict) else ""))
    known = number.templates.get(key)
    if known is None or known["status"] not in ("APPROVED", "PAUSED"):
        raise GraphError(132001, "Template name does not exist in the translation", f"{key[0]} in {key[1]}")
    if known["status"] == "PAUSED":
        raise GraphError(132015, "Template is paused", "due to low quality")
    given = about.get("components") or []
    for part in known["components"]:
        if part["type"] == "BUTTONS":
            _check_buttons(part["buttons"], [one for one in given if one.get("type") == "button"])
            continue
        filled = [one for one in given if one.get("type") == part["type"].lower()]
        parameters = [one for component in filled for one in component.get("parameters") or []]
        if part["type"] == "HEADER" and part.get("format") in _MEDIA:
            _check_media(_MEDIA[part["format"]], parameters, files)
        elif part["type"] in ("BODY", "HEADER"):
            _check_text(part, parameters)
    if len(given) > len([one for one in known["components"] if one["type"] != "FOOTER"]) + 9:
        raise GraphError(132000, "Number of parameters does not match the expected number of params")


def _check_text(part: Json, parameters: list[Json]) -> None:
    expected = PLACE.findall(part.get("text", ""))
    if len(parameters) != len(expected):
        raise GraphError(132000, "Number of parameters does not match the expected number of params",
                         f"{part['type'].lower()}: {len(parameters)} parameters, {len(expected)} expected")  # fmt: skip
    names = [one.get("parameter_name") for one in parameters]
    if any(not name.isdigit() for name in expected) and sorted(map(str, names)) != sorted(expected):
        raise GraphError(132012, "Parameter format does not match format in the created template", str(names))


def _check_media(kind: str, parameters: list[Json], files: Files) -> None:
    where: Any = parameters[0].get(kind) if len(parameters) == 1 and parameters[0].get("type") == kind else None
    if not (isinstance(where, dict) and (where.get("id") in files.held or str(where.get("link")).startswith("https:"))):
        raise GraphError(132012, "Parameter format does not match format in the created template",
                         f"header: expected {kind}")  # fmt: skip


def _check_buttons(buttons: list[Json], given: list[Json]) -> None:
    by_number = {str(one.get("index")): one for one in given}
    for number, button in enumerate(buttons):
        one = by_number.pop(str(number), None)
        needed = button["type"] == "COPY_CODE" or "{{" in button.get("url", "")
        if needed and one is None:
            raise GraphError(131008, "Required parameter is missing", f"buttons: button at index {number} needs one")
        if one is not None and one.get("sub_type") != button["type"].lower():
            raise GraphError(132012, "Parameter format does not match format in the created template",
                             f"button at index {number} is of type {button['type']}")  # fmt: skip
    if by_number:
        raise GraphError(132000, "Number of parameters does not match the expected number of params", "buttons")
