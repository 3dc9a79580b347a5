"""What a page looks like: pictures of it, and measurements that need no eyes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Page

_WIDTHS = (360, 1280)
_SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
# WCAG 2.2, 1.4.3: for text of usual size.
_LEAST_CONTRAST = 4.5

# The contrast of each element that has text of its own with the ground under it, how much wider
# than the window the page is, and the luminance of its ground: all by the formulas of WCAG 2.2.
_MEASURE = """() => {
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = colour => {
        const [red, green, blue] = numbers(colour).map(part => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const ground = element => {
        for (let each = element; each; each = each.parentElement) {
            const colour = getComputedStyle(each).backgroundColor;
            if (numbers(colour)[3] !== 0) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    const own = element => [...element.childNodes]
        .filter(node => node.nodeType === Node.TEXT_NODE)
        .map(node => node.textContent.trim()).join(" ").trim();
    const texts = [...document.body.querySelectorAll("*")]
        .filter(element => own(element) && element.checkVisibility())
        .map(element => {
            const text = luminance(getComputedStyle(element).color);
            const under = luminance(ground(element));
            const [high, low] = text > under ? [text, under] : [under, text];
            return {words: own(element), contrast: (high + 0.05) / (low + 0.05)};
        });
    const page = document.documentElement;
    return {
        texts,
        sideways: page.scrollWidth - page.clientWidth,
        ground: luminance(ground(document.body)),
    };
}"""


def faults_of(page: Page, *, name: str, directory: Path) -> list[str]:
    """Look at a page on a phone and on a desk, light and dark; picture each, and say what is wrong.

    Wrong are a ground that does not follow the colour scheme, and what hinders reading.
    """
    faults = readable_faults_of(page, name=name, directory=directory)
    for view in views_of(page):
        if (page.evaluate(_MEASURE)["ground"] < 0.5) != view.endswith("dark"):
            faults.append(f"{name}, {view}: the wrong ground")
    return faults


def readable_faults_of(page: Page, *, name: str, directory: Path) -> list[str]:
    """Do the same for a site that may have one colour scheme alone.

    Wrong are a page wider than its window, and text that does not stand out from its ground.
    """
    faults: list[str] = []
    for view in views_of(page):
        page.screenshot(path=directory / f"{name}-{view}.png", full_page=True)
        found = page.evaluate(_MEASURE)
        where = f"{name}, {view}"
        if found["sideways"] > 0:
            faults.append(f"{where}: {found['sideways']} px wider than the window")
        faults += [
            f"{where}: contrast {text['contrast']:.2f} of {text['words']!r}"
            for text in found["texts"]
            if text["contrast"] < _LEAST_CONTRAST
        ]
    return faults


def violations_of(page: Page, *, name: str, directory: Path, within: str = "html") -> list[str]:
    """Let axe-core look at a page, or the part of it that a selector names, by all of its rules.

    They are those of WCAG 2.2 AA that a program can decide, and good practice besides. The page has
    to be one that runs scripts.
    """
    # Not above: these files are also collected where it is not installed.
    from axe_playwright_python.sync_playwright import Axe

    violations: list[str] = []
    for view in views_of(page):
        page.screenshot(path=directory / f"axe-{name}-{view}.png", full_page=True)
        # WCAG 2.2, 2.5.8, which axe leaves out unless it is asked for.
        found = Axe().run(page, within, options={"rules": {"target-size": {"enabled": True}}})
        violations += [
            f"{name}, {view}: {each['id']}: {node['html']}"
            for each in found.response["violations"]
            for node in each["nodes"]
        ]
    return violations


def views_of(page: Page) -> Iterator[str]:
    """Show a page on a phone and on a desk, light and dark, and name each view of it."""
    for width in _WIDTHS:
        for scheme in _SCHEMES:
            page.set_viewport_size({"width": width, "height": 740})
            page.emulate_media(color_scheme=scheme)
            yield f"{width}-{scheme}"
