"""Pure. What each shell is told, so that it asks us for what completes a word, and takes our answer.

All ask in the same way: with what stands before the cursor, and in the form of fish (a line each: what may stand there, a tab,
what it means). Laws: where we offer nothing, files are offered; the value of `--name=value` is completed like one that stands
alone.
"""

_ASK = "env {asked}=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS={line} {called}"

# Readline replaces only what stands after the last `:` or `=`, or from the last `@`, if COMP_WORDBREAKS has them; what is
# before it is cut off our words.
_BASH = """\
{function}() {{
    local IFS=$'\\n' line="${{COMP_LINE:0:COMP_POINT}}" word before="" mark one
    word="${{line##*[[:blank:]]}}"
    [[ $word == --*=* ]] && word="${{word#*=}}"
    for mark in : @ =; do
        if [[ $COMP_WORDBREAKS == *$mark* && $word == *$mark* ]]; then
            one="${{word%"${{word##*$mark}}"}}"
            [[ $mark == @ ]] && one="${{one%@}}"
            (( ${{#one}} > ${{#before}} )) && before="$one"
        fi
    done
    COMPREPLY=()
    for one in $({ask} 2>/dev/null); do
        one="${{one%%$'\\t'*}}"
        COMPREPLY+=("${{one#"$before"}}")
    done
}}
complete -o default -F {function} {program}
"""

_ZSH = """\
#compdef {program}

{function}() {{
    local -a told offered
    local one
    told=("${{(@f)$({ask} 2>/dev/null)}}")
    [[ $PREFIX == --*=* ]] && compset -P '--[^=]#='
    for one in $told; do
        [[ -n $one ]] || continue
        if [[ $one == *$'\\t'* ]]; then
            offered+=("${{${{one%%$'\\t'*}}//:/\\\\:}}:${{one#*$'\\t'}}")
        else
            offered+=("${{one//:/\\\\:}}")
        fi
    done
    if (( $#offered )); then _describe '{program}' offered; else _files; fi
}}

compdef {function} {program}
"""

_FISH = """\
function {function}
    set -l line (commandline -cp)
    set -l word (commandline -ct)
    set -l before (string match -r -- '^--[^=]+=' $word)
    set -l offered ({ask} 2>/dev/null | string match --invert '')
    if test (count $offered) -eq 0
        set offered (__fish_complete_path (string replace -r -- '^--[^=]+=' '' $word))
    end
    for one in $offered
        printf '%s%s\\n' "$before" $one
    end
end
complete --command {program} --no-files --arguments '({function})'
"""

_SCRIPTS = {
    "bash": (_BASH, '"$line"', '"$1"'),
    "zsh": (_ZSH, '"${words[1,CURRENT]}"', '"${words[1]}"'),
    "fish": (_FISH, '"$line"', "(commandline -opc)[1]"),
}
"""Each shell's script, with its words for what stands before the cursor, and for how it was told to call the program."""


def script(shell: str, program: str, asked: str) -> str:
    """What a shell has to run so that it completes the words of the program; by the variable `asked` we know that it asks."""
    text, line, called = _SCRIPTS[shell]
    function = f"_{program.replace('-', '_')}_completion"
    return text.format(function=function, program=program, ask=_ASK.format(asked=asked, line=line, called=called))
