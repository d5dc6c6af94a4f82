use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn at(seconds: u64) -> Time {
    Time::EPOCH + Duration::from_secs(seconds)
}

#[test]
fn rotation_is_at_fixed_times_of_the_day() {
    let day = 20_000 * 86_400;
    let hourly = Rotation::every(HOUR);
    assert_eq!(hourly.next(at(day)), Some(at(day + 3600)));
    assert_eq!(hourly.next(at(day + 3599)), Some(at(day + 3600)));
    assert_eq!(hourly.next(at(day + 3600)), Some(at(day + 7200)));
    let quarter_past = Rotation { base: Some(HOUR * 6 + HOUR / 4), ..hourly };
    assert_eq!(quarter_past.next(at(day)), Some(at(day + 900)));
    assert_eq!(quarter_past.next(at(day + 80_000)), Some(at(day + 80_100)));
    let daily = Rotation { utc_offset: 3600, ..Rotation::every(HOUR * 24) };
    assert_eq!(daily.next(at(day)), Some(at(day + 82_800)));
    let odd = Rotation { base: None, ..Rotation::every(Duration::from_secs(7)) };
    assert_eq!(odd.next(at(15)), Some(at(21)));
    assert_eq!(odd.next(at(21)), Some(at(28)));
    assert_eq!(Rotation::default().next(at(day)), None);
    assert_eq!(Rotation::every(Duration::MAX).next(at(day)), None);
    let end = Time::from_nanos(u64::MAX);
    assert_eq!(hourly.next(end), None);
}

#[test]
fn files_are_named_after_path_and_opening() {
    let hourly = Rotation::every(HOUR);
    let name = hourly.name_of(&stem(b"conn"), at(1_795_383_417));
    assert_eq!(name, "conn.2026-11-22-21-36-57.log");
    let cases: [(&[u8], &str); 9] = [
        (b"conn-2", "conn-2"),
        (b"with space", "with space"),
        ("\u{e9}t\u{e9}".as_bytes(), "\u{e9}t\u{e9}"),
        (b"sub/dir", "sub%2Fdir"),
        (b"sub%2Fdir", "sub%252Fdir"),
        (b"", "%"),
        (b"conn.2026-11-22-21-36-57", "conn%2E2026-11-22-21-36-57"),
        (b"conn.2026-11-22-21-36-57-2", "conn%2E2026-11-22-21-36-57-2"),
        (b"conn.2026-11-22", "conn.2026-11-22"),
    ];
    for (path, stem) in cases {
        assert_eq!(file_name(path), format!("{stem}.log"));
    }
}

#[test]
fn a_path_cannot_leave_the_directory() {
    let paths: [&[u8]; 12] = [
        b".",
        b"..",
        b".x",
        b"../x",
        b"/x",
        b"a\\b",
        b"a\0b",
        b"a\xffb",
        b"C:x",
        b"a\nb",
        "a\u{202e}b".as_bytes(),
        "e\u{301}".as_bytes(),
    ];
    let mut names = std::collections::BTreeSet::new();
    for path in paths {
        let name = file_name(path);
        let is_plain = |c: char| c.is_ascii_graphic() && !"/\\:".contains(c);
        assert!(name.chars().all(is_plain) && !name.starts_with('.'), "{path:?}: {name}");
        assert!(name.contains('%') && names.insert(name), "{path:?}");
    }
    // Escapes are not cut.
    for (path, length) in [(vec![b'a'; 201], 200), (vec![b'/'; 300], 198), (vec![0xff; 99], 198)] {
        assert_eq!(file_name(&path).len(), length + ".log".len());
    }
}
