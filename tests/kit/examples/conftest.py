"""How do the examples run without being installed? Each is a plugin's folder; its modules are found here."""

import sys
from pathlib import Path

sys.path.extend(str(one) for one in sorted(Path(__file__).parent.glob("*/src")))
