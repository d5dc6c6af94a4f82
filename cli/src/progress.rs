//! A progress line on the terminal for long operations.

use std::io::{self, IsTerminal, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// The template if the total is known.
const OF_BYTES: &str = "{bar:30} {bytes} of {total_bytes}, {eta} left: {wide_msg}";
/// The template if the total is unknown.
const BYTES: &str = "{bytes}: {wide_msg}";

/// The template for variables.
const VARIABLES: &str = "{bar:30} {pos} of {len} variables";

/// The delay before progress is shown, since a line for short operations would flicker.
const LATE: Duration = Duration::from_millis(500);

/// Counts bytes, and shows the progress on standard error if it is a terminal and the operation
/// takes long.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    late: Arc<Late>,
}

/// The state of the progress line.
struct Late {
    after: Duration,
    target: Box<dyn Fn() -> ProgressDrawTarget + Send + Sync>,
    /// The start of the operation, until the line is shown.
    begin: Mutex<Option<Instant>>,
}

impl Progress {
    /// Creates a progress line. It stays hidden if `lines` of output go to the terminal.
    pub(crate) fn new(lines: bool) -> Progress {
        let is_disturbed = lines && io::stdout().is_terminal();
        let target =
            if is_disturbed { ProgressDrawTarget::hidden } else { ProgressDrawTarget::stderr };
        Progress::on(target, LATE)
    }

    /// Creates a progress line that is shown after this delay.
    fn on(
        target: impl Fn() -> ProgressDrawTarget + Send + Sync + 'static,
        after: Duration,
    ) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let late = Late { after, target: Box::new(target), begin: Mutex::default() };
        Progress { bar, late: Arc::new(late) }
    }

    /// Shows the progress line if the delay has passed.
    fn show_if_late(&self) {
        let Late { after, target, begin } = &*self.late;
        let mut begin = begin.lock().unwrap_or_else(PoisonError::into_inner);
        if begin.take_if(|begin| begin.elapsed() >= *after).is_some() {
            self.bar.set_draw_target(target());
        }
    }

    /// Begins an operation, with its number of bytes if known. Each operation is shown only if it
    /// takes long itself, because with many short ones the line would flicker.
    pub(crate) fn begin(&self, what: impl Into<String>, bytes: Option<u64>) {
        self.end();
        self.bar.set_message(what.into());
        self.start(if bytes.is_some() { OF_BYTES } else { BYTES }, bytes);
    }

    /// Shows the number of variables received from now on, if that takes long.
    pub(crate) fn of_variables(count: u64) -> Progress {
        let progress = Progress::on(ProgressDrawTarget::stderr, LATE);
        output::keep_below(&progress.bar);
        progress.start(VARIABLES, Some(count));
        progress
    }

    fn start(&self, template: &str, length: Option<u64>) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        match length {
            Some(length) => self.bar.set_length(length),
            None => self.bar.unset_length(),
        }
        // The line may have been removed.
        self.bar.reset();
        *self.late.begin.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.show_if_late();
    }

    /// Counts bytes.
    pub(crate) fn add(&self, bytes: usize) {
        self.show_if_late();
        self.bar.inc(bytes as u64);
    }

    /// Sets how much is done.
    pub(crate) fn set(&self, done: u64) {
        self.show_if_late();
        self.bar.set_position(done);
    }

    /// Returns a reader that counts the bytes read from this one.
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
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
        *self.late.begin.lock().unwrap_or_else(PoisonError::into_inner) = None;
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
        // The first lines are drawn regardless of the interval between them.
        let shown = terminal.clone();
        let target = move || ProgressDrawTarget::term_like(Box::new(shown.clone()));
        (Progress::on(target, after), terminal)
    }

    #[test]
    fn the_line_shows_progress_and_is_removed() {
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
    fn short_operations_show_nothing() {
        let (progress, terminal) = on_a_terminal(Duration::MAX);
        progress.begin("session.jsonl", Some(2048));
        progress.add(1024);
        assert_eq!((terminal.contents().as_str(), progress.done()), ("", 1024));
        progress.end();
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn each_operation_has_its_own_delay() {
        let hour = Duration::from_secs(3600);
        let (progress, terminal) = on_a_terminal(hour);
        let began_before = |time| {
            *progress.late.begin.lock().unwrap() = Instant::now().checked_sub(time);
        };
        progress.begin("long.jsonl", None);
        began_before(hour * 2);
        progress.add(1);
        assert_eq!(terminal.contents(), "1 B: long.jsonl");
        for name in ["short.jsonl", "another.jsonl"] {
            progress.begin(name, None);
            progress.add(1);
            assert_eq!(terminal.contents(), "");
            progress.end();
        }
        progress.begin("long-as-well.jsonl", None);
        began_before(hour * 2);
        progress.add(1);
        assert_eq!(terminal.contents(), "1 B: long-as-well.jsonl");
    }
}
