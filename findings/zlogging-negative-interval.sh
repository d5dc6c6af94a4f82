#!/bin/sh
# zlogging 0.1.3.post10 (PyPI) reads negative and large intervals as other numbers.
#
# An interval can be negative, and Bro 2.5 writes intervals above 2147483647 seconds with an exponent. The package adds the
# digits after the point as a positive number, and ignores the exponent, without an error or a warning. It reads intervals in
# JSON logs by the same rules if a model is given.
#
# Output: "-1.500000: -0.5", "-0.001000: 0.001", "3.000000e+09: 3.0", "0.250000: 0.25". The field is the text that Bro
# writes, the number is what the package returns, in seconds.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv packages
packages/bin/pip install --quiet zlogging==0.1.3.post10
{
    printf '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\ttest\n'
    printf '#open\t2020-02-09-10-54-08\n#fields\tts\ttext\toffset\n#types\ttime\tstring\tinterval\n'
    for offset in -1.500000 -0.001000 3.000000e+09 0.250000; do
        printf '1581245648.761106\t%s\t%s\n' "$offset" "$offset"
    done
    printf '#close\t2020-02-09-10-54-09\n'
} >test.log
cat >read.py <<'END_OF_PYTHON'
from zlogging.loader import parse_ascii

for entry in parse_ascii("test.log").data:
    print(f"{entry.text.decode()}: {entry.offset.total_seconds()}")
END_OF_PYTHON
packages/bin/python read.py >seen
cat seen
printf '%s\n' '-1.500000: -0.5' '-0.001000: 0.001' '3.000000e+09: 3.0' '0.250000: 0.25' | cmp - seen
