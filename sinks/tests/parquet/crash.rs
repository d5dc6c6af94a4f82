//! What a killed sink leaves behind.

use super::*;
use crate::publishing::waits;

/// Removes the position, as if the sink had been killed before it moved.
fn forget_position(publishing: &Publishing) {
    fs::remove_file(publishing.folder.path().join("readers/parquet")).unwrap();
}

#[test]
fn after_a_crash_each_entry_is_in_exactly_one_file() {
    // A killed sink can leave incomplete files, or complete files, of which none, some or all are
    // already renamed, with the recorded commit.
    for (with_list, renamed) in [
        (false, [false, false]),
        (true, [false, false]),
        (true, [true, false]),
        (true, [true, true]),
    ] {
        let dir = TempDir::new();
        let mut publishing = Publishing::prepare("parquet");
        for log in ["conn", "http"] {
            declare(&publishing, log, &[LogField::new("n", TypeTag::Count)]);
        }
        for number in 1..=20_u64 {
            let subject = if number % 2 == 0 { HTTP } else { CONN };
            append(&mut publishing, NOW, subject, &format!("{{\"n\":{number}}}"));
        }
        begin(&mut publishing, config(dir.path()));
        publishing.wait();
        assert_eq!(publishing.counts.position(), 20);
        let (path, first) = (dir.path(), files(dir.path()));
        assert_eq!(first.len(), 2);
        let mut again = Publishing::reopen(publishing);

        // Restores the state before the crash.
        forget_position(&again);
        for (name, renamed) in first.keys().zip(renamed) {
            let (folder, file) = name.split_once('/').unwrap();
            let temporary = path.join(folder).join(format!(".{file}.tmp"));
            if !renamed {
                fs::rename(path.join(name), &temporary).unwrap();
            }
            if !with_list {
                // The end of the file is missing.
                let bytes = fs::read(&temporary).unwrap();
                fs::write(&temporary, &bytes[..bytes.len() / 2]).unwrap();
            }
        }
        if with_list {
            let names = first.keys().cloned().collect::<Vec<_>>().join("\n");
            let list = path.join(format!(".brocomm-{:x}.commit", NOW.as_nanos()));
            fs::write(list, format!("brocomm-parquet-1 20\n{names}\n")).unwrap();
        }
        // More entries of the same hour have arrived.
        for number in 21..=24_u64 {
            append(&mut again, NOW, CONN, &format!("{{\"n\":{number}}}"));
        }
        begin(&mut again, config(path));
        again.wait();
        assert_eq!(waits(&again.end()), "");
        let mut all: Vec<u64> = files(path).values().flat_map(|rows| numbers(rows)).collect();
        all.sort_unstable();
        assert_eq!(all, (1..=24).collect::<Vec<_>>(), "{with_list} {renamed:?}");
        assert_eq!(unfinished(path), [""; 0]);
    }
}
