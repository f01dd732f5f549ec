# What a test is (.mlir and .test files) and what its RUN lines may call.
import os

import lit.formats

config.name = "aotc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)

for tool in ("aotc-opt", "aotc-run", "aotc-bench", "aotc"):
    path = os.path.join(config.aotc_bin_dir, tool)
    # Not inside words: "aotc" is a prefix of pass names and of the other tools.
    config.substitutions.append((r"(?<![\w/.-])" + tool + r"(?![\w./-])", path))
config.substitutions.append((r"\bFileCheck\b", config.filecheck))
config.substitutions.append((r"(?<![\w-])not (?=[\w/%])", config.not_tool + " "))
config.substitutions.append(("%python", config.python))
