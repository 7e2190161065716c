"""What the scripts of this directory share: lists as lines of C, and questions to R.

Scripts run in the top directory.
"""
import subprocess


def wrap(items, width=96):
    """The texts, a comma after each, as indented lines of at most about `width` characters."""
    lines, line = [], "\t"
    for item in items:
        if len(line) + len(item) > width:
            lines.append(line.rstrip())
            line = "\t"
        line += item + ", "
    return "\n".join(lines + [line.rstrip()])


def ask_r(script, questions):
    """The numbers of each answer of test/reference/SCRIPT to one line each; None where R says NA."""
    answers = subprocess.run(["Rscript", "--vanilla", "test/reference/" + script],
                             input="".join(line + "\n" for line in questions),
                             capture_output=True, text=True, check=True).stdout
    return [[None if v == "NA" else float(v) for v in line.split()] for line in answers.splitlines()]
