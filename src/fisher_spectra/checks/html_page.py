"""A page as one HTML file, which needs no other."""

from __future__ import annotations


def html_page(title: str, style: str, body: str, script: str) -> str:
    """The page from its parts: HTML, but for the style sheet and the script, which runs when the body is there."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
<script>{script}</script>
</body>
</html>
"""
