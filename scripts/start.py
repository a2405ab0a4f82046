"""Start a script of the workflow: ``python scripts/start.py scripts/karakida/sample_networks.py --output ...``.

Python looks through all objects for what could be thrown away whenever a quarter more of them have come to live, which
is again and again while packages are imported, and finds nothing. That took from a sixth (a table) to two fifths (a
small training) of a job. It begins to look when the job itself does (`jobs.run_job`), and then leaves alone what was
imported.
"""

import gc
import runpy
import sys
from pathlib import Path

gc.disable()
del sys.argv[0]
sys.path[0] = str(Path(sys.argv[0]).resolve().parent)  # as if Python had been started with the script itself
runpy.run_path(sys.argv[0], run_name="__main__")
