import sys
from pathlib import Path

# the benchmarks are scripts that import one another by name, as Python finds the files beside a script
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
