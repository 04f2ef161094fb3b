"""Write the JSON Schema of every kind of recipe: python docs/make_schemas.py

docs/probe.schema.json and its like are named in the first line of the recipes in probes/, where editors find them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from llmgeo.engine import registry
from llmgeo.recipe.schema import json_schema


def main(folder: Path) -> None:
    for kind in registry.kinds():
        text = json.dumps(json_schema(registry.experiment(kind).schema), indent=2, ensure_ascii=False)
        (folder / f"{kind}.schema.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
