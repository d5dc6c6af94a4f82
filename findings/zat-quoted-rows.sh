#!/bin/sh
# zat 0.4.9 (PyPI), with pandas 3.1.1, loses the entries between two strings that begin with a quotation mark.
#
# Bro's ASCII logs have no quotation: a quotation mark is written as it is, and tabs and line ends in strings are escaped as
# \xhh. LogToDataFrame has pandas read the file by the quotation rules of CSV. Under these, a field that begins with a
# quotation mark ends at the next one, even if that is in another line. All entries between two such fields become part of one
# string, without an error or a warning. A user agent or a URI is chosen by the host that is monitored.
#
# Output: "entries in the log: C1 C2 C3 C4", "entries in the data frame: C1 C4". The class ZeekLogReader of the same
# package reads all entries.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv packages
packages/bin/pip install --quiet pandas==3.1.1
packages/bin/pip install --quiet --no-deps zat==0.4.9
{
    printf '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\thttp\n'
    printf '#open\t2020-02-09-10-54-08\n#fields\tts\tuid\tuser_agent\tstatus_code\n#types\ttime\tstring\tstring\tcount\n'
    printf '1581245648.761106\tC1\t"Mozilla/5.0\t200\n'
    printf '1581245649.000001\tC2\tcurl/7.68.0\t404\n'
    printf '1581245650.999999\tC3\t"Mozilla/5.0\t200\n'
    printf '1581245651.500000\tC4\t-\t200\n'
    printf '#close\t2020-02-09-10-54-52\n'
} >http.log
cat >read.py <<'END_OF_PYTHON'
from zat.log_to_dataframe import LogToDataFrame

print("entries in the log:", *(line.split("\t")[1] for line in open("http.log") if line[0] != "#"))
print("entries in the data frame:", *LogToDataFrame().create_dataframe("http.log")["uid"])
END_OF_PYTHON
packages/bin/python read.py >seen
cat seen
printf '%s\n' 'entries in the log: C1 C2 C3 C4' 'entries in the data frame: C1 C4' | cmp - seen
