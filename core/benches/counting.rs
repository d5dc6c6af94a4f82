//! Instructions, counted under valgrind.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use crate::EVENTS;

/// A case: its name, the number of parts of an event by which the figure is divided, and the work.
pub type Case = (&'static str, u64, fn());

/// Runs `work`. Valgrind counts only the instructions within this function.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn brocomm_counted(work: &mut &mut dyn FnMut()) {
    work();
}

/// Counts what happens inside, for [`EVENTS`] events.
pub fn count(mut work: impl FnMut()) {
    // A large allocation makes the allocator consolidate freed memory now, before counting starts.
    drop(black_box(Vec::<u8>::with_capacity(1 << 16)));
    let mut work: &mut dyn FnMut() = &mut work;
    brocomm_counted(black_box(&mut work));
}

/// Runs this program again under valgrind, with the argument `--cases`, and returns the figure of
/// each case; `None` without valgrind.
pub fn figures(directory: &Path, cases: &[Case]) -> Option<Vec<(&'static str, u64)>> {
    Command::new("valgrind").arg("--version").output().ok()?;
    let out = directory.join(format!("instructions.{}", std::process::id()));
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--compress-strings=no"])
        .args(["--toggle-collect=brocomm_counted", "--dump-after=brocomm_counted"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().expect("this program has a path"))
        .arg("--cases")
        .status()
        .expect("valgrind can be started");
    assert!(status.success(), "valgrind: {status}");
    let figures = cases.iter().enumerate().map(|(at, (case, parts, _))| {
        let dump = format!("{}.{}", out.display(), at + 1);
        let text = std::fs::read_to_string(&dump).expect("a dump for each case");
        let _ = std::fs::remove_file(&dump);
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).expect("a total");
        let total: u64 = total.trim().parse().expect("a number");
        (*case, total / EVENTS as u64 / parts)
    });
    let figures = figures.collect();
    let _ = std::fs::remove_file(&out);
    Some(figures)
}
