//! A progress line on the terminal for long operations.

use std::io::{self, IsTerminal, Read};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The template if the total is known.
const OF_BYTES: &str = "{bar:30} {bytes} of {total_bytes}, {eta} left: {wide_msg}";
/// The template if the total is unknown.
const BYTES: &str = "{bytes}: {wide_msg}";

/// The delay before progress is shown, so that short operations do not flicker.
const LATE: Duration = Duration::from_millis(500);

/// Counts bytes, and shows the progress on standard error if it is a terminal and the operation
/// takes long.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    /// The target, until the progress is shown.
    late: Arc<Late>,
}

struct Late {
    begin: Instant,
    after: Duration,
    target: Mutex<Option<ProgressDrawTarget>>,
}

impl Progress {
    /// Creates a progress line. It stays hidden if `lines` of output go to the terminal.
    pub(crate) fn new(lines: bool) -> Progress {
        let is_disturbed = lines && io::stdout().is_terminal();
        Progress::on((!is_disturbed).then(ProgressDrawTarget::stderr), LATE)
    }

    /// Creates a progress line that appears after a delay.
    fn on(target: Option<ProgressDrawTarget>, after: Duration) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let late = Late { begin: Instant::now(), after, target: Mutex::new(target) };
        Progress { bar, late: Arc::new(late) }
    }

    /// Shows the progress line if the delay has passed.
    fn show_if_late(&self) {
        if self.late.begin.elapsed() >= self.late.after {
            let target = self.late.target.lock().ok().and_then(|mut target| target.take());
            target.into_iter().for_each(|target| self.bar.set_draw_target(target));
        }
    }

    /// Starts an operation, with its total number of bytes if known.
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
        // Fails if it has already exited.
        self.bar.reset();
    }

    /// Counts bytes.
    pub(crate) fn add(&self, bytes: usize) {
        self.show_if_late();
        self.bar.inc(bytes as u64);
    }

    /// Wraps a reader to count its bytes.
    pub(crate) fn reading<R: Read>(&self, source: R) -> impl Read + use<R> {
        Counted { source, progress: self.clone() }
    }

    /// Returns the number of bytes counted.
    #[cfg(test)]
    pub(crate) fn done(&self) -> u64 {
        self.bar.position()
    }

    /// Hides the line while something else is written.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Removes the line.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// A reader that counts its bytes.
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
        // The first draws are not rate limited.
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
