"""What explanations of this model are worth on many images, as `python -m benchmarks.explanations` wrote it down."""

from __future__ import annotations

import datetime

import plotly.graph_objects as go
import streamlit as st

from util.comparison.summing import too_few
from util.explanation import CONTROLS, NAMES
from util.explanation.faithfulness import BASELINES, BLUR
from util.interface.comparing.asked import method_name
from util.interface.comparing.line_chart import framed
from util.interface.comparing.matrix import STILL
from util.interface.comparing.numbers import seconds_text
from util.interface.note import note_ui
from util.interface.palette import Palette, palette
from util.interface.precise import precise
from util.interface.record_fold import record_fold_ui
from util.interface.rows import rows_ui
from util.interface.text import muted, plain
from util.interface.tongue import language, share, words
from util.language import date, number, percent
from util.modelstore.card import Card
from util.modelstore.record_of_explanations import CompositeWorth, Measured, Worth
from util.modelstore.records import EXPLANATIONS, read_explanations
from util.report.names import data_name


def measured_ui(card: Card) -> None:
    """A fold with the table, its date and its command; nothing where nobody has measured yet."""
    record_fold_ui(
        card,
        EXPLANATIONS,
        words("compare.measured"),
        "measured",
        read_explanations,
        record_ui,
        lambda found: words("compare.measured_other", command=found.command),
    )


def record_ui(found: Measured) -> None:
    """The table of one record, what the composite was worth, and where all of it comes from."""
    st.markdown(
        plain(
            words(
                "compare.measured_on",
                images=found.images,
                part=part_text(found.part),
                date=_day(found.date),
                preset=words(f"compare.preset_{found.preset}").lower(),
            )
        )
    )
    if found.learned:
        note_ui(words("comparison.worth_learned"))
    for rows in tables(measured_rows(found)):
        rows_ui(rows)
    notes = (words("compare.measured_note"), curves_line(found), cores_line(found))
    st.markdown(muted(" ".join(filter(None, notes))))
    if found.composite is not None:
        worth_ui(found.composite)
    st.markdown(muted(words("compare.measured_command")))
    st.code(found.command, language=None)


def part_text(part: str) -> str:
    """The part of the data that was measured on, in words."""
    if part in ("test", "validation"):
        return words("compare.measured_part", part=words(f"comparison.part_{part}"))
    return data_name(part, language())


def tables(rows: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    """`rows` as two tables, what the curves say and the rest: side by side they would not fit a projector."""
    name = words("compare.column_method")
    names = ("seconds", "insertion", "deletion", "beats")
    first = {name, *(words(f"compare.column_{column}") for column in names)}
    parts = [
        [{key: value for key, value in row.items() if (key in first) is wanted} for row in rows]
        for wanted in (True, False)
    ]
    rest = [{name: row[name], **part} for row, part in zip(rows, parts[1], strict=True) if any(part.values())]
    return [parts[0], rest] if rest else parts[:1]


def curves_line(found: Measured) -> str:
    """How the curves were drawn: steps, and what a removed pixel becomes; "" where the record does not say."""
    if found.steps is None or found.baseline not in BASELINES:
        return ""
    if found.baseline == "blurred":
        baseline = words("compare.measured_blurred", share=share(BLUR))
    else:
        baseline = words(f"measures.baseline_{found.baseline}")
    return words("compare.measured_curves", steps=found.steps, baseline=baseline)


def cores_line(found: Measured) -> str:
    """On how many cores the times were taken; "" where the record does not say."""
    if found.cores is None:
        return ""
    return (
        words("compare.measured_core")
        if found.cores == 1
        else words("compare.measured_cores", cores=found.cores)
    )


def measured_rows(found: Measured) -> list[dict[str, str]]:
    """One row a method, then one a control."""
    rows = [
        _row(method_name(name) if name in NAMES else name, one, found) for name, one in found.methods.items()
    ]
    for name, one in found.controls.items():
        title = words(f"compare.control_{name}") if name in CONTROLS else name
        rows.append(_row(title, one, found))
    return [{key: value for key, value in row.items() if any(each.get(key) for each in rows)} for row in rows]


def _row(title: str, one: Worth, found: Measured) -> dict[str, str]:
    beaten = [
        words(f"compare.control_{name}")
        for name, differences in one.beats.items()
        if name in CONTROLS and differences.beats_insertion and differences.beats_deletion
    ]
    return {
        words("compare.column_method"): title,
        words("compare.column_seconds"): "" if one.seconds is None else seconds_text(one.seconds),
        words("compare.column_insertion"): precise(one.insertion),
        words("compare.column_deletion"): precise(one.deletion),
        words("compare.column_beats"): ", ".join(beaten) or ("–" if one.beats else ""),
        words("compare.column_focus"): precise(one.focus),
        words("compare.column_pointing"): precise(one.pointing),
        words("compare.column_repeats"): precise(one.repeatability),
        words("compare.column_sanity"): precise(one.sanity),
        words("compare.column_empty"): str(one.empty) if one.empty else "",
    }


def worth_ui(found: CompositeWorth) -> None:
    """Whether the composite confidence predicts errors, with its risk-coverage curve."""
    st.markdown(f"**{plain(words('compare.worth'))}**")
    if found.errors is not None:
        st.markdown(muted(words("comparison.worth_errors", errors=found.errors)))
    if too_few(found):
        st.markdown(plain(words("compare.worth_few", n=found.n or "?")))
        return
    st.markdown(plain(words("compare.worth_helps" if found.helps else "compare.worth_not")))
    figures = {"area": found.area, "area_probability": found.area_probability, "gain": found.gain}
    for name, value in figures.items():
        if value is not None:
            st.markdown(muted(words(f"compare.worth_{name}", value=precise(value))))
    if found.risk_coverage is not None:
        st.plotly_chart(
            risk_chart(found, palette(), language()),
            theme=None,
            config=STILL,
            key="risk_coverage",
            alt=words("compare.risk_alt"),
        )


def risk_chart(found: CompositeWorth, colours: Palette, tongue: str) -> go.Figure:
    """The share of errors among the answers kept, when the least confident are left out first."""
    curves = found.risk_coverage
    lines = {
        "composite": (curves.risk_composite, colours.accent, "solid"),
        "probability": (curves.risk_probability, colours.grey, "dash"),
    }
    figure = go.Figure(
        [
            go.Scatter(
                x=curves.coverage,
                y=values,
                mode="lines",
                line={"color": tone, "width": 3, "dash": dash},
                name=words(f"compare.risk_{name}"),
                hovertext=[percent(value, tongue, 1) for value in values],
                hoverinfo="text",
            )
            for name, (values, tone, dash) in lines.items()
        ]
    )
    top = max((*curves.risk_composite, *curves.risk_probability, 0.01)) * 1.1
    shares = [0, 0.25, 0.5, 0.75, 1]
    risks = [0, top / 3, 2 * top / 3, top]
    return framed(
        figure,
        colours,
        height=300,
        across=words("compare.coverage_axis"),
        up=words("compare.risk_axis"),
        x={"range": [0, 1.02], "tickvals": shares, "ticktext": [percent(tick, tongue) for tick in shares]},
        y={"range": [0, top], "tickvals": risks, "ticktext": [number(tick, tongue) for tick in risks]},
        legend={"y": -0.28},
    )


def _day(text: str) -> str:
    try:
        return date(datetime.date.fromisoformat(str(text)[:10]), language())
    except ValueError:
        return str(text)
