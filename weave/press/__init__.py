"""The press: what is made of pages that are woven.

styles     the one style sheet, with `fonts` for text and `glyphs` for
formulas
policy     what a page may run and load
search     what the search finds, and where
cards      a picture of it, for those who share it
citation   how to cite it
sitemap    where the pages are, and since when
changes    which numbers differ from the last release; feed
archive    the site as one file
printing   the book as one PDF, which `browser` prints
hooks      is where MkDocs calls these
"""
