"""Small charts drawn on the server as SVG in percent, and the way numbers are written.

No inline style (the content policy forbids it) and no script. Every drawing stands in a table that
says the same in figures, so it is hidden from screen readers.
"""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotation.strips import Strip

register = template.Library()


@register.filter
def coefficient(value: float | None, places: int = 2) -> str:
    """.64, −.12, 1.00: as coefficients are written, with a true minus sign; "–" for none."""
    if value is None:
        return "–"
    text = f"{abs(value):.{places}f}"
    return ("−" if value < 0 and float(text) else "") + (text[1:] if text.startswith("0.") else text)


@register.filter
def percent(value: float | None, places: int = 1) -> str:
    """A share in [0, 1] as "78.4 %"."""
    return "–" if value is None else f"{value * 100:.{places}f} %"


@register.simple_tag
def coefficient_span(low: float, high: float) -> str:
    """.52–.73; "−.01 to .02" where a minus sign would be lost beside the dash."""
    joint = " to " if low < 0 else "–"
    return f"{coefficient(low)}{joint}{coefficient(high)}"


@register.simple_tag
def percent_span(low: float, high: float) -> str:
    """Two shares as "80.4–99.4 %"."""
    return f"{low * 100:.1f}–{high * 100:.1f} %"


@register.filter
def duration(milliseconds: float | None) -> str:
    """Milliseconds as "42 s", "2.4 min" or "1 h 41"."""
    if milliseconds is None:
        return "–"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02d}"


@register.simple_tag
def progress_strip(done: int, leased: int, total: int) -> SafeString:
    """A bar: done solid, leased in a second tone, the rest track."""
    whole = max(total, 1)
    first, second = 100 * min(done, whole) / whole, 100 * min(leased, whole) / whole
    return format_html(
        '<svg class="strip" aria-hidden="true"><rect class="track" x="0" y="6" width="100%" height="8"/>'
        '<rect class="bar" x="0" y="6" width="{}%" height="8"/>'
        '<rect class="bar2" x="{}%" y="6" width="{}%" height="8"/></svg>',
        f"{first:.2f}",
        f"{first:.2f}",
        f"{min(second, 100 - first):.2f}",
    )


@register.simple_tag
def vote_strip(strip: Strip) -> SafeString:
    """A bar for each thing that could be said, as high as many said it; a scale's middle in grey."""
    width = 100 / max(len(strip.bars), 1)
    rects = [
        format_html(
            '<rect class="{}" x="{}%" width="{}%" y="{}" height="{}"/>',
            "track" if not bar.n else "mid" if bar.middle else "bar",
            f"{place * width + width * 0.1:.2f}",
            f"{width * 0.8:.2f}",
            f"{18 - 16 * bar.n / strip.most:.1f}" if bar.n else "17",
            f"{16 * bar.n / strip.most:.1f}" if bar.n else "1",
        )
        for place, bar in enumerate(strip.bars)
    ]
    return format_html('<svg class="strip" aria-hidden="true">{}</svg>', SafeString("".join(rects)))


@register.simple_tag
def vote_bars(strip: Strip) -> SafeString:
    """The same drawn large, with figures, the ends and the middle named."""
    width, last = 100 / max(len(strip.bars), 1), len(strip.bars) - 1
    distinct = len({bar.name[:1] for bar in strip.bars}) == len(strip.bars)
    parts = []
    for place, bar in enumerate(strip.bars):
        high = 44 * bar.n / max(strip.most, 1)
        middle = f"{(place + 0.5) * width:.2f}"
        name = "same" if bar.middle else bar.name[:1] if place in (0, last) or distinct else ""
        parts.append(
            format_html(
                '<rect class="{}" x="{}%" width="{}%" y="{}" height="{}"/>',
                "mid" if bar.middle else "bar",
                f"{place * width + width * 0.1:.2f}",
                f"{width * 0.8:.2f}",
                f"{56 - max(high, 1):.1f}",
                f"{max(high, 1):.1f}",
            )
        )
        if bar.n:
            parts.append(
                format_html('<text x="{}%" y="{}" text-anchor="middle">{}</text>', middle, f"{50 - high:.1f}", bar.n)
            )
        parts.append(format_html('<text x="{}%" y="74" text-anchor="middle">{}</text>', middle, name))
    return format_html('<svg class="strip big-dist" aria-hidden="true">{}</svg>', SafeString("".join(parts)))


@register.simple_tag
def dot_and_whisker(
    value: float,
    low: float | None,
    high: float | None,
    start: float = 0.0,
    end: float = 1.0,
    few: bool = False,
    target: float | None = None,
) -> SafeString:
    """A value and its interval on the axis from `start` to `end`; hollow where there are too few items.

    Zero is dashed where the axis begins below it, and so is `target`, if there is one.
    """
    whisker = SafeString("")
    if low is not None and high is not None:
        whisker = format_html(
            '<line class="wh" x1="{}%" x2="{}%" y1="10" y2="10"/>', _at(low, start, end), _at(high, start, end)
        )
    return format_html(
        '<svg class="strip" aria-hidden="true"><line class="axis" x1="0" x2="100%" y1="10" y2="10"/>{}{}{}'
        '<circle{} cx="{}%" cy="10" r="4"/></svg>',
        _rule(0.0, start, end) if start < 0 else "",
        _rule(target, start, end) if target is not None else "",
        whisker,
        SafeString(' class="lown"') if few else "",
        _at(value, start, end),
    )


@register.simple_tag
def alpha_on_its_axis(
    value: float, low: float | None, high: float | None, target: float, start: float = 0.0
) -> SafeString:
    """The headline's alpha between chance and perfect agreement, with its interval and the target."""
    at, chance, aim = _at(value, start, 1.0), _at(0.0, start, 1.0), _at(target, start, 1.0)
    whisker = SafeString("")
    if low is not None and high is not None:
        ends = _at(low, start, 1.0), _at(high, start, 1.0)
        whisker = format_html('<line class="s1 thick" x1="{}%" x2="{}%" y1="36" y2="36"/>', *ends)
    words = f"Alpha {coefficient(value)}, against a target of {coefficient(target)}"
    return format_html(
        '<svg class="plot" role="img" aria-label="{}"><line class="axis" x1="0" x2="100%" y1="36" y2="36"/>'
        '<text x="{}%" y="58">0 chance</text><text x="100%" y="58" text-anchor="end">1 perfect</text>'
        '<line class="rule" x1="{}%" x2="{}%" y1="18" y2="46"/>'
        '<text x="{}%" y="58" text-anchor="middle">target {}</text>{}<circle class="f1" cx="{}%" cy="36" r="6"/>'
        '<text class="lab" x="{}%" y="20" text-anchor="middle">{}</text></svg>',
        *(words, chance, aim, aim, aim, coefficient(target), whisker, at, at, coefficient(value)),
    )


@register.simple_tag
def axis_labels(start: float = 0.0, end: float = 1.0) -> SafeString:
    """The figures under a column of dots: its two ends, and zero where it is within."""
    zero = format_html('<text x="{}%" y="12" text-anchor="middle">0</text>', _at(0.0, start, end)) if start < 0 else ""
    return format_html(
        '<svg class="strip axis-labels" aria-hidden="true"><text x="0" y="12">{}</text>{}'
        '<text x="100%" y="12" text-anchor="end">{}</text></svg>',
        coefficient(start, 1) if start else "0",
        zero,
        f"{end:g}",
    )


def _rule(value: float, start: float, end: float) -> SafeString:
    place = _at(value, start, end)
    return format_html('<line class="rule" x1="{}%" x2="{}%" y1="0" y2="20"/>', place, place)


def _at(value: float, start: float, end: float) -> str:
    """Per cent of the way from start to end, kept inside."""
    return f"{100 * min(max((value - start) / (end - start), 0.0), 1.0):.2f}"
