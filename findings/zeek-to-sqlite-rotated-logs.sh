#!/bin/sh
# zeek_to_sqlite 1.0.0 (PyPI) keeps only one file of a log that was rotated.
#
# Bro renames a log at each rotation, to conn.2020-02-09-11-00-00.log and so on, and the package converts all files of a
# folder whose names end in ".log". It names the table after the header #path, which is the same in all of these files, and
# deletes all rows of the table before it inserts those of the next file. It reports both files as inserted.
#
# Output: "Inserted rows: 1" twice, "rows in the table: 1". Which file is kept depends on the order of the folder.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv packages
packages/bin/pip install --quiet zeek_to_sqlite==1.0.0
mkdir logs
for hour in 11 12; do
    {
        printf '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n'
        printf '#open\t2020-02-09-%s-00-00\n#fields\tts\tuid\n#types\ttime\tstring\n' "$hour"
        printf '15812460%s.761106\tC%s\n' "$hour" "$hour"
        printf '#close\t2020-02-09-%s-59-59\n' "$hour"
    } >"logs/conn.2020-02-09-$hour-00-00.log"
done
packages/bin/python -m zeek_to_sqlite --path logs --result database | grep '^Inserted rows' >seen
python3 -c 'import sqlite3
print("rows in the table:", *sqlite3.connect("database/zeek.db").execute("SELECT count(*) FROM conn").fetchone())' >>seen
cat seen
printf '%s\n' 'Inserted rows: 1' 'Inserted rows: 1' 'rows in the table: 1' | cmp - seen
