//! How far long work has got, in a line on the terminal.

use std::io::{self, IsTerminal, Read};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How it looks where the end is known.
const OF_BYTES: &str = "{bar:30} {bytes} of {total_bytes}, {eta} left: {wide_msg}";
/// How it looks where it is not.
const BYTES: &str = "{bytes}: {wide_msg}";

/// How long work takes at least of which progress is shown: that of less would flicker.
const LATE: Duration = Duration::from_millis(500);

/// Counts bytes, and shows them on standard error if that is a terminal and it takes long.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    /// What it is shown on from some time on, until then.
    late: Arc<Late>,
}

struct Late {
    begin: Instant,
    after: Duration,
    target: Mutex<Option<ProgressDrawTarget>>,
}

impl Progress {
    /// Makes one to be shown; but not if `lines` are written meanwhile to the terminal, as they are
    /// progress enough.
    pub(crate) fn new(lines: bool) -> Progress {
        let is_disturbed = lines && io::stdout().is_terminal();
        Progress::on((!is_disturbed).then(ProgressDrawTarget::stderr), LATE)
    }

    /// Makes one that is shown after a time.
    fn on(target: Option<ProgressDrawTarget>, after: Duration) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let late = Late { begin: Instant::now(), after, target: Mutex::new(target) };
        Progress { bar, late: Arc::new(late) }
    }

    /// Shows it from now on, if it has taken long.
    fn show_if_late(&self) {
        if self.late.begin.elapsed() >= self.late.after {
            let target = self.late.target.lock().ok().and_then(|mut target| target.take());
            target.into_iter().for_each(|target| self.bar.set_draw_target(target));
        }
    }

    /// Begins with some work, of so many bytes if that is known.
    pub(crate) fn begin(&self, what: impl Into<String>, bytes: Option<u64>) {
        let template = if bytes.is_some() { OF_BYTES } else { BYTES };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        match bytes {
            Some(bytes) => self.bar.set_length(bytes),
            None => self.bar.unset_length(),
        }
        self.bar.set_message(what.into());
        self.show_if_late();
        // It may have ended.
        self.bar.reset();
    }

    /// Counts bytes.
    pub(crate) fn add(&self, bytes: usize) {
        self.show_if_late();
        self.bar.inc(bytes as u64);
    }

    /// Counts the bytes that are read from here on.
    pub(crate) fn reading<R: Read>(&self, source: R) -> impl Read + use<R> {
        Counted { source, progress: self.clone() }
    }

    /// Returns how many bytes were counted.
    #[cfg(test)]
    pub(crate) fn done(&self) -> u64 {
        self.bar.position()
    }

    /// Takes the line away while something else is written.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Takes the line away for good.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Counts what is read.
struct Counted<R> {
    source: R,
    progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.progress.add(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    fn on_a_terminal(after: Duration) -> (Progress, InMemoryTerm) {
        let terminal = InMemoryTerm::new(3, 80);
        // The first lines are drawn however soon they follow each other.
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        (Progress::on(Some(target), after), terminal)
    }

    #[test]
    fn a_line_says_how_much_is_done_and_goes_away() {
        let (progress, terminal) = on_a_terminal(Duration::ZERO);
        progress.begin("session.jsonl", Some(2048));
        let mut half = progress.reading(&[0; 1024][..]);
        io::copy(&mut half, &mut io::sink()).unwrap();
        let shown = terminal.contents();
        assert!(
            shown.starts_with("███████████████░░░░░░░░░░░░░░░ 1.00 KiB of 2.00 KiB, "),
            "{shown}"
        );
        assert!(shown.ends_with(" left: session.jsonl"), "{shown}");
        progress.begin("standard input", None);
        progress.add(3);
        assert_eq!(terminal.contents(), "3 B: standard input");
        progress.aside(|| assert_eq!(terminal.contents(), ""));
        assert_eq!(terminal.contents(), "3 B: standard input");
        progress.end();
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn what_takes_no_time_shows_nothing() {
        let (progress, terminal) = on_a_terminal(Duration::MAX);
        progress.begin("session.jsonl", Some(2048));
        progress.add(1024);
        assert_eq!((terminal.contents().as_str(), progress.done()), ("", 1024));
        progress.end();
        assert_eq!(terminal.contents(), "");
    }
}
