"""Texts that would like to be something else: markup, script, terminal control, reordering, sheer size."""

SCRIPT = "</script><script>document.title='PWNED'</script>"
IMAGE = "<img src=x onerror=\"document.title='PWNED'\">"
LONG = "x" * 1_000_000

STRINGS = {
    SCRIPT: SCRIPT,
    IMAGE: IMAGE,
    "<s>": "<s>",
    "&lt;b&gt;": "&lt;b&gt;",
    "<!--": "<!--",
    "]]>": "]]>",
    "{{ 7*7 }}": "{{ 7*7 }}",
    "${document.title='PWNED'}": "${document.title='PWNED'}",
    "\x1b[2J": "\\x1b[2J",
    "\u2028": "\\u2028",
    "\u202eevil": "\\u202eevil",
    "\u200b": "\\u200b",
    "\n": "⏎",
    "\t": "⇥",
    "🙂": "🙂",
    "\x00": "\\x00",
    LONG: "x" * 240 + "… (1,000,000 characters)",
}
"""What a model may say, and what the page must show for it."""


def hostile_texts() -> list[dict]:
    """Rows of somebody else's table, every part of which would like to be something else; one text is a loop."""
    words = [string for string in STRINGS if string != LONG]
    rows = [
        {
            "id": f"{number} {IMAGE}", "label": (f"good {SCRIPT}", "bad {{ 7*7 }}")[number % 2],
            "text": " ".join(words[number % 7 :] + words[: number % 7]), IMAGE: SCRIPT,
        }
        for number in range(22)
    ]  # fmt: skip
    return [*rows, {"id": "loop", "label": rows[0]["label"], "text": f"{IMAGE} " * 9}]
