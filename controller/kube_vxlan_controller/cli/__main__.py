"""I/O. `python -m kube_vxlan_controller.cli`: the installed command, for one of our programs that starts another."""

import sys

from kube_vxlan_controller.cli import main

sys.exit(main())
