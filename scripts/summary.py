"""summary.py FILE.xml...: adds up JUnit reports; the last line is "N passed, N failed, N skipped".

Exits with 1 if a test failed or a report is missing.
"""
import os
import sys
import xml.etree.ElementTree as ElementTree

passed = failed = skipped = 0
for path in sys.argv[1:]:
    if not os.path.exists(path):
        print("no report", path)
        failed += 1
        continue
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            print("failed:", case.get("name"))
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            skipped += 1
        else:
            passed += 1
print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
sys.exit(failed > 0)
