"""fails.py CODE COMMAND...: the command must exit with CODE, within a minute.

Prints its standard error. Checks what every failure has in common: no crash,
nothing on standard output, no more than one line a problem plus one that
counts them, and no file left in the current folder.
"""
import os
import subprocess
import sys

wanted, command = int(sys.argv[1]), sys.argv[2:]
before = sorted(os.listdir("."))
result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
error = result.stderr.decode(errors="replace")
print(error, end="")
problems = []
if result.returncode != wanted:
    problems.append("exit code %d instead of %d" % (result.returncode, wanted))
if result.stdout and wanted != 3:
    problems.append("standard output: %r" % result.stdout)
if not error.strip():
    problems.append("nothing on standard error")
if sorted(os.listdir(".")) != before:
    problems.append("files left: %s" % (set(os.listdir(".")) - set(before)))
for problem in problems:
    print("fails.py:", problem)
sys.exit(bool(problems))
