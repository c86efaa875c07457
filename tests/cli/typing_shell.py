"""A shell at a terminal, in which somebody types the beginning of a command and then the tabulator."""

import os
import select
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PROMPT = b"READY-TO-TYPE"
PATIENCE = 60.0
"""Seconds for the shell to be ready, and for it to complete a word."""

_BASH = """\
source <(kube-vxlan-controller completion bash)
dump() { printf '%s' "$READLINE_LINE" >"$LINE.new"; mv "$LINE.new" "$LINE"; }
bind -x '"\\C-g": dump'
PS1=READY-TO-TYPE
"""
_ZSH = """\
autoload -Uz compinit && compinit -D -u
source <(kube-vxlan-controller completion zsh)
dump() { print -rn -- "$BUFFER" >"$LINE.new"; mv "$LINE.new" "$LINE" }
zle -N dump
bindkey '^G' dump
PS1=READY-TO-TYPE
"""
_FISH = """\
kube-vxlan-controller completion fish | source
function dump; commandline >"$LINE.new"; mv "$LINE.new" "$LINE"; end
bind \\cg dump
function fish_prompt; echo READY-TO-TYPE; end
function fish_greeting; end
"""
SHELLS = {
    "bash": (_BASH, ".bashrc", "bash --noprofile --rcfile {home}/.bashrc -i"),
    "zsh": (_ZSH, ".zshrc", "zsh -i"),
    "fish": (_FISH, ".config/fish/config.fish", "fish -i"),
}


def is_here(shell: str) -> bool:
    """Whether this machine has it."""
    return shutil.which(shell) is not None


def completed(shell: str, home: Path, texts: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """What stands on the command line when the shell has completed each text, without escapes and blanks at its end."""
    start, file, command = SHELLS[shell]
    (home / file).parent.mkdir(parents=True, exist_ok=True)
    (home / file).write_text(start)
    line = home / "line"
    own = {"HOME": str(home), "ZDOTDIR": str(home), "LINE": str(line), "TERM": "xterm", "XDG_CONFIG_HOME": f"{home}/.config"}
    terminal, theirs = os.openpty()
    words = ["setsid", "--ctty", "--wait", *shlex.split(command.format(home=home))]
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env={**environment, **own}, cwd=home)
    os.close(theirs)
    try:
        _read(terminal, lambda shown: PROMPT in shown)
        found = []
        for text in texts:
            os.write(terminal, f"{text}\t\x07\x15".encode())  # completed, written down, and wiped away
            _read(terminal, lambda _: line.exists())
            found.append(line.read_text().replace("\\", "").rstrip())
            line.unlink()
        return found
    finally:
        os.close(terminal)  # which hangs up on the shell
        process.wait(10)


def _read(terminal: int, done: Callable[[bytes], bool]) -> None:
    until, shown = time.monotonic() + PATIENCE, b""
    while not done(shown):
        assert time.monotonic() < until, shown.decode(errors="replace")
        if select.select([terminal], [], [], 0.05)[0]:
            shown += os.read(terminal, 4096)
