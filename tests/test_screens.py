"""Every page of the site, on every screen, in Chromium."""

from __future__ import annotations

import pages
import pytest
from pages import LOOKS, MOST_BYTES, MOST_LATE, MOST_SHIFT, PAGES, PHONE
from playwright.sync_api import Browser, Route

DARK_FIRST = {360: True, 768: False, 1280: False, 1920: True}


@pytest.mark.parametrize("width", DARK_FIRST)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_on_every_screen(
    page: str, width: int, address: str, browser: Browser
) -> None:
    """Open it in one scheme, read it to the end, see it in the other."""
    first, then = ("dark", "light") if DARK_FIRST[width] else ("light", "dark")
    url = address + page
    with pages.visit(browser, url, width, color_scheme=first) as visit:
        visit.read()
        moved, what = visit.shift()
        if moved > MOST_SHIFT:  # the faces may have been late
            moved, what = visit.again()
        faults = []
        if width in (360, 1280):
            faults += visit.violations()
        if width == PHONE:
            faults += [f"higher than guessed: {x}" for x in visit.ask("high")]
        if width == 1280:
            faults += [f"scrolls: {x}" for x in visit.ask("scrolling", 72)]
        for scheme in (first, then):
            visit.view.emulate_media(color_scheme=scheme)
            visit.ask("frames")
            if (visit.ask("paper") < 0.2) != (scheme == "dark"):
                faults.append(f"{scheme}, and the paper is not")
            if (over := visit.ask("over")) > 0:
                faults.append(f"{over} px wider than the screen")
        faults += [f"cut off: {what}" for what in visit.ask("cut")]
        if moved > MOST_SHIFT:
            faults += [f"{moved:.3f} of the page moves: {what}"]
        if width == PHONE and visit.size > MOST_BYTES:
            faults += [f"a first visit takes {visit.size} bytes"]
        faults += [f"asked {url}" for url in visit.foreign(address)]
        faults += [f"did not get {url}" for url in visit.failed]
        faults += [f"console: {line}" for line in visit.said]
        faults += [f"refused {what}" for what in visit.refused()]
    assert faults == []


@pytest.mark.parametrize("width", DARK_FIRST)
@pytest.mark.parametrize("page", PAGES)
def test_nothing_moves_when_the_faces_come_late(
    page: str, width: int, address: str, browser: Browser
) -> None:
    """The text stands in the reader's own faces; then one comes at a time.

    Words pass from a line to the next, then, and nothing else.
    """
    with pages.visit(browser, "about:blank", width) as visit:
        late: list[Route] = []
        visit.view.route("**/*.woff2", lambda route: late.append(route))
        visit.view.goto(address + page, wait_until="domcontentloaded")
        visit.view.evaluate(LOOKS)
        visit.ask("frames")
        assert late
        for face in late:
            face.continue_()
            visit.ask("frames")
        visit.view.evaluate("document.fonts.ready")
        moved, what = visit.shift()
    assert moved <= MOST_LATE, what


FAULTY = {
    "cut": "<main><div style='contain:paint'><p style='width:200vw'>x</div>",
    "scrolling": "<main><pre style='width:9em;overflow:auto'>"
    + "0123456789 " * 4,
    "high": "<section style='--guess: 9rem'><p style='height:10rem'>x",
    "moving": "<p style='transition:color 1s'>x",
    "faint": "<main><p style='forced-color-adjust:none;color:#eee'>x",
}


@pytest.mark.parametrize("question", FAULTY)
def test_a_look_would_notice(question: str, browser: Browser) -> None:
    with pages.visit(browser, "about:blank") as visit:
        given = [72] if question == "scrolling" else []
        visit.view.set_content("<main><p>Nothing to be seen")
        visit.view.evaluate(pages.LOOKS)
        assert visit.ask(question, *given) == []
        visit.view.set_content(FAULTY[question])
        assert len(visit.ask(question, *given)) == 1


def test_a_shift_would_be_noticed(browser: Browser) -> None:
    with pages.visit(browser, "about:blank") as visit:
        visit.view.set_content("<p>x</p><p id=low>Moves</p>" + "<p>x" * 50)
        visit.view.evaluate(pages.LOOKS)
        assert visit.shift() == (0, [])
        visit.view.evaluate("low.style.marginTop = '9em'")
        moved, what = visit.shift()
    assert moved > MOST_SHIFT
    assert "low" in what[0]


def test_axe_would_notice(browser: Browser) -> None:
    with pages.visit(browser, "about:blank") as visit:
        visit.view.set_content(
            "<html lang=en><title>x</title><img src='data:,'>"
            + "<button style='width:9px;height:9px;padding:0'>a</button>" * 9
        )
        found = {fault.partition(":")[0] for fault in visit.violations()}
    assert {"image-alt", "target-size"} <= found
