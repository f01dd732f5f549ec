#!/usr/bin/env python3
"""File sizes, and the ties between rules, verifiers, passes and their tests."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 800


def sources(*patterns):
    """Files of the tree that match, build folders left out; a pattern is "folder/*.ext" at any depth."""
    found = []
    for pattern in patterns:
        folder, _, name = pattern.rpartition("/")
        for path in sorted((ROOT / folder).rglob(name)):
            if not path.relative_to(ROOT).parts[0].startswith((".", "build")):
                found.append(path)
    return found


def file_sizes():
    for path in sources("*.cpp", "*.h", "*.c", "*.td", "*.py", "*.cmake", "*.mlir"):
        lines = path.read_text().count("\n")
        if lines > LIMIT:
            yield f"{path.relative_to(ROOT)}: {lines} lines, the limit is {LIMIT}"


def rules():
    """Each (Cn) of an op's description is checked somewhere and has an invalid test."""
    code = "".join(p.read_text() for p in sources("ir/*.cpp", "ir/*.h"))
    tests = "".join(p.read_text() for p in sources("test/ir/*.mlir"))
    for td in sources("ir/NN/*.td"):
        for op in re.split(r"\ndef (?=NN_\w+Op :)", td.read_text())[1:]:
            name = re.search(r'NN_Op<"(\w+)"', op).group(1)
            for rule in sorted(set(re.findall(r"\(C(\d+)\)", op))):
                if not re.search(rf"\b{name}_c{rule}\b", code):
                    yield f"nn.{name}: no verifier line is marked {name}_c{rule}"
                if not re.search(rf"@{name}_c{rule}\b", tests):
                    yield f"nn.{name}: no invalid test @{name}_c{rule} under test/ir"


def passes():
    """Each pass has a summary, a description and a lit test that runs it."""
    tests = "".join(p.read_text() for p in sources("test/*.mlir"))
    for td in sources("*Passes.td"):
        for block in re.split(r"\ndef ", td.read_text())[1:]:
            match = re.search(r':\s*Pass<"([\w-]+)"', block)
            if not match:
                continue
            flag = match.group(1)
            if "let summary" not in block or "let description" not in block:
                yield f"{flag}: needs a summary and a description in {td.relative_to(ROOT)}"
            if not re.search(rf"RUN:.*--{flag}\b|RUN:.*{flag}\b", tests):
                yield f"{flag}: no RUN line under test/ uses it"


def main():
    errors = [e for check in (file_sizes, rules, passes) for e in check()]
    print("\n".join(errors) or "style: ok")
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main())
