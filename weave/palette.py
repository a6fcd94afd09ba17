"""The colours of the book: values are blue, gradients are orange.

A figure is drawn in these colours; on the page each of them becomes a
CSS variable, which has one tone for light and one for dark.
"""

VALUE = "#0072b2"
GRADIENT = "#d55e00"
DATA = "#86898c"
INK = "#1b1b1c"
PAPER = "#fdfdfc"
GREEN = "#009e73"
PINK = "#c46a9b"
GOLD = "#a67c00"

VARIABLES = {
    VALUE: "var(--value)",
    GRADIENT: "var(--gradient)",
    DATA: "var(--data)",
    INK: "currentColor",
    PAPER: "var(--paper)",
    GREEN: "var(--green)",
    PINK: "var(--pink)",
    GOLD: "var(--gold)",
}

# Colour maps become pixels, which know nothing of light and dark: these
# two read well on both. `surface` goes from orange (low) through a pale
# neutral to blue (high); `amount` from pale to deep blue.
MAPS = {
    "surface": ["#b34a00", "#e8a56c", "#ece9e4", "#6facd5", "#00588c"],
    "amount": ["#ece9e4", "#6facd5", "#00588c", "#002a47"],
}
