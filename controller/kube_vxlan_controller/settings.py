"""Pure. Every setting of the program: where it may be given, what it may be, and which of the places wins.

A setting is given as an argument (`--token-file X`), in the environment (`KVC_TOKEN_FILE=X`), in the configuration file
(`token-file = "X"`), or nowhere; they win in that order. Laws: `OPTIONS` is the only list of settings, the command line, the
file and the documents are made from it; every value knows where it came from; a bad one is a sentence that names the option,
that place and what is allowed. An empty variable in the environment is one that was not given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

from kube_vxlan_controller.allowed import (
    ANYTHING,
    ContainerRule,
    Choice as OneOf,
)
