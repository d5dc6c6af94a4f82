//! Comparing logs as written by Bro.

/// Removes the times of opening and closing from a log in Bro's format, since they differ between
/// runs.
///
/// # Panics
/// Panics unless these times are in Bro's format and the log ends with a complete line.
pub fn without_times(log: &str) -> String {
    let timeless = |line: &str| match line.split_once('\t') {
        Some((key @ ("#open" | "#close"), time)) => {
            assert_eq!(time.len(), "2026-11-22-21-36-57".len());
            format!("{key}\n")
        }
        _ => format!("{line}\n"),
    };
    assert!(log.ends_with('\n'));
    log.lines().map(timeless).collect()
}
