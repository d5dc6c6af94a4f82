//! How far long work has got, in a line on the terminal.

use std::io::{self, IsTerminal, Read};

use indicatif::{ProgressBar, ProgressStyle};

/// How it looks where the end is known.
const OF_BYTES: &str = "{bar:30} {bytes} of {total_bytes}, {eta} left: {wide_msg}";
/// How it looks where it is not.
const BYTES: &str = "{bytes}: {wide_msg}";

/// Counts bytes, and shows them on standard error if that is a terminal.
#[derive(Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Makes one to be shown; but not if `lines` are written meanwhile to the terminal, as they are
    /// progress enough.
    pub(crate) fn new(lines: bool) -> Progress {
        let is_disturbed = lines && io::stdout().is_terminal();
        Progress(if is_disturbed { ProgressBar::hidden() } else { ProgressBar::no_length() })
    }

    /// Begins with some work, of so many bytes if that is known.
    pub(crate) fn begin(&self, what: impl Into<String>, bytes: Option<u64>) {
        let template = if bytes.is_some() { OF_BYTES } else { BYTES };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
        match bytes {
            Some(bytes) => self.0.set_length(bytes),
            None => self.0.unset_length(),
        }
        self.0.set_message(what.into());
        // It may have ended.
        self.0.reset();
    }

    /// Counts bytes.
    pub(crate) fn add(&self, bytes: usize) {
        self.0.inc(bytes as u64);
    }

    /// Counts the bytes that are read from here on.
    pub(crate) fn reading<R: Read>(&self, source: R) -> impl Read + use<R> {
        self.0.wrap_read(source)
    }

    /// Returns how many bytes were counted.
    #[cfg(test)]
    pub(crate) fn done(&self) -> u64 {
        self.0.position()
    }

    /// Takes the line away while something else is written.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    /// Takes the line away for good.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    use super::*;

    fn on_a_terminal() -> (Progress, InMemoryTerm) {
        let terminal = InMemoryTerm::new(3, 80);
        // The first lines are drawn however soon they follow each other.
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        (Progress(ProgressBar::with_draw_target(None, target)), terminal)
    }

    #[test]
    fn a_line_says_how_much_is_done_and_goes_away() {
        let (progress, terminal) = on_a_terminal();
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
}
