"""Figures of EC spaces and calibrations. A plot is data first; two modules draw it.

`interactive` gives plotly's JSON for pages; `static` and `mosaic` draw files with matplotlib, since
plotly's own static export needs a browser.
"""
