"""Puts the demo's configuration where notebooks find it, and writes its AWS environment for a shell to evaluate.

Usage: scene.py FOLDER < the line that `nbauth demo --serve-only --json` printed
"""

import json
import shlex
import sys
from pathlib import Path

scene = json.load(sys.stdin)
outputs = json.dumps(scene["amplify_outputs"], indent=2)
Path(sys.argv[1], "amplify_outputs.json").write_text(outputs + "\n", encoding="utf-8")
aws = {name: value for name, value in scene["settings"].items() if name.startswith("AWS_")}
sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in aws.items())
