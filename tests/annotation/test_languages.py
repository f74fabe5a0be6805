"""The pages of raters in another language: complete, compiled, with the same blanks, and no text that bypasses it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import ngettext

from annotation.evidence import KEPT, ROUND
from workforce import throttling
from workforce.errors import AssayError

ROOT = Path(settings.BASE_DIR)
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
BLANKS = re.compile(r"%\(\w+\)\w+|\{\w+\}|%%")
# A form for exactly one number may say the number as a word.
COUNTS = {"%(n)s", "%(n)d", "{n}", "%(count)d", "%(items)d", "%(m)s"}
EXACT_FORMS = {"ar": {0, 1, 2}}


def catalogues() -> list[pytest.param]:  # type: ignore[valid-type]  # pytest names no type for it
    return [pytest.param(path, id=f"{path.parts[-3]}-{path.stem}") for path in CATALOGUES]


def blanks(text: str) -> set[str]:
    return set(BLANKS.findall(text))


@pytest.mark.parametrize("path", catalogues())
def test_everything_is_translated(path: Path) -> None:
    po = polib.pofile(str(path))
    assert [entry.msgid for entry in po if not entry.translated() or entry.fuzzy] == []


@pytest.mark.parametrize("path", catalogues())
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    def said(catalogue: list[polib.POEntry]) -> dict[str, object]:
        return {entry.msgid: entry.msgstr_plural or entry.msgstr for entry in catalogue}

    written, compiled = polib.pofile(str(path)), polib.mofile(str(path.with_suffix(".mo")))
    assert said(written.translated_entries()) == said(list(compiled))
    assert written.metadata["Plural-Forms"] == compiled.metadata["Plural-Forms"]


@pytest.mark.parametrize("path", catalogues())
def test_a_translation_has_the_blanks_of_its_original(path: Path) -> None:
    language = path.parts[-3]
    for entry in polib.pofile(str(path)):
        if not entry.msgid_plural:
            assert blanks(entry.msgstr) == blanks(entry.msgid), entry.msgid
            continue
        wanted = blanks(entry.msgid_plural) | blanks(entry.msgid)
        for form, text in entry.msgstr_plural.items():
            spare = COUNTS if form in EXACT_FORMS[language] else set()
            assert blanks(text) <= wanted <= blanks(text) | spare, (entry.msgid, form)


def test_arabic_counts_in_six_ways() -> None:
    with translation.override("ar"):
        said = [ngettext("%(n)s item left", "%(n)s items left", n) % {"n": n} for n in (0, 1, 2, 5, 11, 100)]
    assert len(set(said)) == 6
    assert ["5" in said[3], "11" in said[4], "100" in said[5]] == [True] * 3


# ---- nothing bypasses the catalogue

# The bar of leads stands on the pages of refusals too, but its words are shown to leads alone.
OF_LEADS = {"partials/top_lead.html", "partials/loop_strip.html"}
INCLUDED = re.compile(r"{% (?:include|extends) [\"']([^\"']+)[\"']")
FIRST = [
    *sorted((ROOT / "templates" / "label").glob("*.html")),
    *sorted(set((ROOT / "templates" / "work").glob("*.html")) - {ROOT / "templates/work/messages.html"}),  # leads'
    *sorted((ROOT / "templates" / "annotation").glob("*work*.html")),
    *(ROOT / "templates" / name for name in ("404.html", "500.html", "refused.html", "partials/top_rater.html")),
    *sorted((ROOT / "templates" / "account").glob("*.html")),
    *(
        ROOT / "templates" / "workforce" / name
        for name in ("login.html", "login_link.html", "no_project.html", "check_ins.html")
    ),
]


def with_their_parts(paths: list[Path]) -> list[Path]:
    """The templates, and all that they include or extend."""
    found: dict[Path, None] = {}
    waiting = list(paths)
    while waiting:
        path = waiting.pop(0)
        if path in found or not path.is_file():
            continue
        found[path] = None
        names = set(INCLUDED.findall(path.read_text(encoding="utf-8"))) - OF_LEADS
        waiting += [ROOT / "templates" / name for name in sorted(names)]
    return list(found)


TEMPLATES = with_their_parts(FIRST)
# Written by leads, or the same in every language: marks, file formats, names of keys.
SAME_EVERYWHERE = {"Assay", "A", "B", "Esc", "Ctrl", "Shift", "Tab", "Markdown", "CSV", "PDF", "Enter"}
SPOKEN = re.compile(r"\b(?:aria-label|placeholder|title|alt|aria-roledescription)=\"([^\"]*)\"")


def bare_text(source: str) -> list[str]:
    """Words of a template that stand outside translate and blocktranslate."""
    source = re.sub(r"{% comment %}.*?{% endcomment %}", "", source, flags=re.S)
    source = re.sub(r"{% blocktrans(?:late)?\b.*?{% endblocktrans(?:late)? %}", "", source, flags=re.S)
    source = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", source, flags=re.S)
    spoken = SPOKEN.findall(source)
    text = re.sub(r"<(?:script|style)\b.*?</(?:script|style)>|<!--.*?-->", "", source, flags=re.S)
    words = re.findall(r"[A-Za-z]{2,}", " ".join([*spoken, re.sub(r"<[^>]*>", " ", text)]))
    return [word for word in words if word not in SAME_EVERYWHERE and word not in ("nbsp", "rarr", "larr", "middot")]


def test_the_parts_of_a_page_are_looked_at_too() -> None:
    names = {str(path.relative_to(ROOT / "templates")) for path in TEMPLATES}
    assert {"base.html", "label/_changes.html", "rubrics/_pieces.html", "partials/who.html"} <= names
    assert not names & OF_LEADS


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_of_raters_has_bare_text(path: Path) -> None:
    assert bare_text(path.read_text(encoding="utf-8")) == []


SCRIPTS = sorted([*(ROOT / "static/js/label").glob("*.js"), *(ROOT / "static/js/pages").glob("*.js")])
STRING = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|`((?:[^`\\]|\\.)*)`")
# A sentence has two words with a space between and begins like one; selectors, keys and class names do not.
SENTENCE = re.compile(r"^[A-Z][a-z’]+(?: [a-z’{$]|[.,:!?…])|^[a-z]+(?: [a-z]+){2,}$|^[A-Z][a-z]{3,}$")
SHOWN = re.compile(r"(?:textContent|title|placeholder|label)\s*[:=]\s*\"([A-Za-z][^\"]*)\"")
NAMES_OF_KEYS = {"Escape", "Enter", "Backspace", "Delete", "Shift", "Control", "Meta", "Digit", "Numpad", "Accept"}


def unspoken(source: str) -> list[str]:
    """Strings of a script that look like words for people and are no argument of gettext."""
    source = re.sub(r"^\s*//.*$|(?<=\s)//\s.*$", "", source, flags=re.M)
    source = re.sub(r"\bn?gettext\(\s*(?:\"(?:[^\"\\]|\\.)*\"\s*,?\s*)+", "", source)
    source = re.sub(
        r"\b(?:getElementById|querySelector(?:All)?|closest|matches|new (?:Error|Silence))\([^)]*\)", "", source
    )
    found = [one or other for one, other in STRING.findall(source)]
    looks = [text for text in found if SENTENCE.match(text) and text not in NAMES_OF_KEYS]
    return sorted({*looks, *SHOWN.findall(source)})


# Words that no page shows: names of keys and events, headers, values of attributes.
ALLOWED = {
    "code.js": {"btn quiet sm"},
    "keys.js": {"AltGraph"},
    "main.js": {"Arrow"},
    "quotes.js": {"Q"},
    "settings.js": {"AltGraph", "CapsLock", "Dead"},
}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_of_raters_has_words_of_its_own(path: Path) -> None:
    assert set(unspoken(path.read_text(encoding="utf-8"))) - ALLOWED.get(path.name, set()) == set()


def test_the_checks_see_bare_words() -> None:
    assert bare_text('<p title="Some words">{% translate "Fine" %} More</p>') == ["Some", "words", "More"]
    assert unspoken('say("One thing left"); say(gettext("All fine here"))') == ["One thing left"]


# ---- what Python says

OURS = ("workforce", "rubrics", "annotation", "config")  # the refusals of training and demo meet no rater


def refusals() -> list[type[AssayError]]:
    """Every refusal outside training, the base with them."""
    import_module(settings.ROOT_URLCONF)  # loads every module that declares one

    def below(base: type[AssayError]) -> Iterator[type[AssayError]]:
        if base.__module__.partition(".")[0] in OURS:
            yield base
        for child in base.__subclasses__():
            yield from below(child)

    return sorted(set(below(AssayError)), key=lambda one: (one.__module__, one.__name__))


def test_every_refusal_has_its_sentence_in_every_language() -> None:
    languages = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    assert languages and len(refusals()) > 40
    for language in languages:
        with translation.override(language):
            assert [one.__qualname__ for one in refusals() if one().message == one.sentence()] == []


# Modules whose words only leads and admins read, in English. Everything else may be read by a rater.
FOR_LEADS = {
    *(f"annotation/{name}.py" for name in ("batch_options", "batching", "bulk", "corpus_writing", "forms", "freezing")),
    *(f"annotation/{name}.py" for name in ("history_writing", "importing", "panels", "row_shapes", "rows", "skills")),
    *(f"annotation/{name}.py" for name in ("preferring", "reporting", "set_files", "sources", "measuring")),
    *(f"annotation/{name}.py" for name in ("agreed_items", "agreeing", "pairs", "rater_pairs", "recounting", "scopes")),
    *(f"annotation/{name}.py" for name in ("patterns_sql", "ranked", "spreading", "tallying", "upkeep")),
    *(f"annotation/views/{name}.py" for name in ("agreement_charts", "agreement_items")),
    "annotation/api/agreement.py",
    *(f"annotation/views/{name}.py" for name in ("agreement", "batches", "coefficients", "data", "options", "panel")),
    *(f"annotation/{name}.py" for name in ("desk", "forecasting", "overlapping", "reopening", "stating", "steering")),
    *(f"annotation/{name}.py" for name in ("exporting", "framework_rows", "slicing")),
    "annotation/steering_forms.py",
    *(f"annotation/{name}.py" for name in ("adjudicating", "consequences", "disputes", "strips", "ruling_checks")),
    *(f"annotation/views/{name}.py" for name in ("adjudication", "adjudication_form", "canonical_form", "disputes")),
    *("annotation/api/adjudication.py", "annotation/provenance.py", "annotation/seating.py"),
    *(f"annotation/raters/{name}.py" for name in ("answers", "coaching", "holding", "listing", "reading", "voiding")),
    *(f"annotation/raters/{name}.py" for name in ("pooling", "watching", "words")),
    *(
        f"annotation/views/{name}.py"
        for name in ("rater_acts", "rater_drawing", "rater_forms", "rater_sheets", "raters")
    ),
    "annotation/queueing/golds.py",
    *(f"annotation/views/{name}.py" for name in ("batch_items", "desk", "forecast_chart", "steering")),
    *(f"annotation/views/{name}.py" for name in ("leaderboard", "set_targets", "sets", "versions")),
    "annotation/templatetags/sets.py",
    *(f"annotation/api/{name}.py" for name in ("batches", "desk", "imports", "naming", "sets", "steering")),
    *(f"rubrics/{name}.py" for name in ("checks", "content", "editing_views", "forms", "previewing", "versions")),
    "annotation/scales.py",  # annotation.views.item says its points to raters
    "rubrics/views.py",
    *(f"workforce/{name}.py" for name in ("auditing", "forms", "managing", "person_views", "refusing", "token_views")),
    *(f"workforce/{name}.py" for name in ("tokens", "vendor_views", "views")),
    "workforce/templatetags/navigation.py",
}
# Strings that look like words and are shown by nobody as they are.
NOT_SHOWN = {
    "annotation/evidence.py": {ROUND, KEPT.pattern},  # how it is kept; said by the function below them
    "annotation/views/item.py": {"negligibly better or unsure", "About the same"},  # keys of the words beside them
    "annotation/rendering/allowed.py": {"noopener noreferrer nofollow"},
    "annotation/api/bodies.py": {"A list of short names."},  # in a request of a lead
    "workforce/accounts.py": {"The account was disabled."},  # in the audit log
    "workforce/signing_in.py": {"an attempt to sign in was refused unread: %s"},  # in the log
    "workforce/throttling.py": {
        throttling.BASE,
        throttling.TAKE,
        throttling.WAIT,
        throttling.GIVE_BACK,
        throttling.PRUNE,
    },
    "workforce/message_views.py": {"Sent to ", "Answer sent.", "everybody who labels here"},  # a lead's page
}
IN_THE_CATALOGUE = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
WORDS = re.compile(r"^[A-Z“][\w’]*,? [\w“(%{]|^[a-z]+(?: [a-z]+){2,}|[a-z]\. [A-Z]")


def modules_of_raters() -> list[Path]:
    paths = [path for app in ("annotation", "rubrics", "workforce") for path in sorted((ROOT / app).rglob("*.py"))]
    aside = {"migrations", "management", "models", "agreement"}  # choices of models are said by whoever shows them
    names = [path.relative_to(ROOT) for path in paths]
    return [ROOT / name for name in names if not aside & set(name.parts) and str(name) not in FOR_LEADS]


def words_without_a_catalogue(source: str) -> list[str]:
    """Literals that read like words for people and are no argument of gettext: no docstrings, no names of fields in
    the API's description, nothing that is raised and no refusal."""
    tree = ast.parse(source)
    refused = {one.__name__ for one in refusals()}
    known: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            known.add(node.value)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _name(node.exc) not in refused:
            known.update(ast.walk(node.exc))
        if isinstance(node, ast.Call) and _name(node) in IN_THE_CATALOGUE:
            known.update(ast.walk(node))
        if isinstance(node, ast.Call):
            described = ("help_text", "label", "empty_label", "name", "description")
            known.update(part for word in node.keywords if word.arg in described for part in ast.walk(word.value))
    literals = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in known]
    return [node.value for node in literals if isinstance(node.value, str) and WORDS.search(node.value)]


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


@pytest.mark.parametrize("path", modules_of_raters(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_of_raters_has_words_of_its_own(path: Path) -> None:
    found = set(words_without_a_catalogue(path.read_text(encoding="utf-8")))
    assert found - NOT_SHOWN.get(str(path.relative_to(ROOT)), set()) == set()


def test_the_check_sees_words_in_python() -> None:
    assert words_without_a_catalogue('raise UndoClosed("It is too late. Ask a lead.")') == [
        "It is too late. Ask a lead."
    ]
    assert words_without_a_catalogue('gaps.wrong["a"] = f"At most {n} words."') == ["At most "]
    assert words_without_a_catalogue('"""What it is."""\nraise UndoClosed(_("Too late. Ask a lead."))') == []
    assert words_without_a_catalogue('raise ValueError("It is too late for this")') == []


# ---- the catalogue of the scripts


@pytest.mark.django_db
def test_scripts_get_their_words(client: Client, rosa) -> None:
    client.force_login(rosa)
    page = client.get(reverse("settings"), headers={"accept-language": "ar"}).content.decode()
    found = re.search(r'<script defer src="(/words/ar\.js\?[0-9a-f]{12})">', page)
    assert found
    answer = client.get(found[1])
    assert answer.status_code == 200 and "max-age=31536000" in answer["Cache-Control"]
    assert "\\u0644\\u0648\\u062d\\u0629" in answer.content.decode()  # Django writes it in escapes
    assert "/words/" not in client.get(reverse("settings"), headers={"accept-language": "en"}).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["tlh", "..", "en-x", "ar.mo"])
def test_no_other_catalogue_exists(client: Client, language) -> None:
    assert client.get(f"/words/{language}.js").status_code == 404
