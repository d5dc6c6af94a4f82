//! Events on standard input, one per line.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use brocomm::data::{Declarations, Event, Name};
use brocomm::node::Phase;
use brocomm::node::{Notification, Overflow, PeerState};
use brocomm::notation::ParseError;
use brocomm_tokio::{Node, Subscription};
use tokio::io::{AsyncBufRead, BufReader};
use tokio::time::{Instant, timeout_at};

use super::lines::{LONGEST, Line, Lines};
use crate::call;
use crate::failure::{reason, warn};
use crate::file;

/// The maximum number of names of unrequested events that are remembered.
const REMEMBERED: usize = 1000;

/// Raises the events on standard input.
pub(super) struct Input {
    node: Node,
    declarations: Arc<Declarations>,
    /// How long an event waits for a peer to request it.
    patience: Duration,
    /// The events that no peer requested in that time. They no longer wait until a peer requests
    /// them.
    unwanted: BTreeSet<Name>,
    progress: Arc<Progress>,
}

/// The progress of the input.
#[derive(Debug, Default)]
pub(super) struct Progress {
    failed: AtomicU64,
    /// The number of the line whose event waits for a peer, or 0.
    waiting: AtomicU64,
}

impl Progress {
    /// Returns the number of failed lines, including one that is waiting, after the node has
    /// stopped.
    pub(super) fn end(&self) -> u64 {
        let waiting = self.waiting.load(Ordering::Relaxed);
        if waiting > 0 {
            self.fail(format_args!("line {waiting}: not sent: the node stopped first"));
        }
        self.failed.load(Ordering::Relaxed)
    }

    fn fail(&self, why: fmt::Arguments<'_>) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        warn(format_args!("standard input: {why}"));
    }
}

impl Input {
    pub(super) fn new(node: Node, patience: Duration) -> Input {
        let declarations = node.with(|node, _| Arc::clone(node.declarations()));
        Input { node, declarations, patience, unwanted: BTreeSet::new(), progress: Arc::default() }
    }

    pub(super) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Raises the events of all lines in order.
    pub(super) async fn raise_all(&mut self) {
        self.raise_lines(Lines::new(BufReader::new(tokio::io::stdin()), LONGEST)).await;
    }

    async fn raise_lines(&mut self, mut lines: Lines<impl AsyncBufRead + Unpin>) {
        loop {
            match lines.next().await {
                Ok(Some(line)) => self.line(line).await,
                Ok(None) => return,
                Err(error) => {
                    return self.progress.fail(format_args!("cannot read: {}", reason(&error)));
                }
            }
        }
    }

    async fn line(&mut self, Line { number, bytes }: Line) {
        let Some(bytes) = bytes else {
            let longest = LONGEST >> 20;
            return self.progress.fail(format_args!("line {number}: longer than {longest} MiB"));
        };
        let bytes = if number == 1 { file::without_mark(&bytes) } else { &bytes };
        let event = match parse(bytes, &self.declarations) {
            Ok(Some(event)) => event,
            Ok(None) => return,
            Err(problem) => {
                return self.progress.fail(format_args!("line {number}{problem}"));
            }
        };
        self.progress.waiting.store(number, Ordering::Relaxed);
        let raised = self.raise(event).await;
        self.progress.waiting.store(0, Ordering::Relaxed);
        if let Err(problem) = raised {
            self.progress.fail(format_args!("line {number}: not sent: {problem}"));
        }
    }

    /// Raises an event as soon as a connected peer has requested it and has room.
    async fn raise(&mut self, event: Event) -> Result<(), String> {
        let name = event.name.clone();
        if self.try_raise(&event).await? {
            self.unwanted.remove(&name);
            return Ok(());
        }
        if !self.unwanted.contains(&name) {
            let subscription = Subscription::new("standard input").overflow(Overflow::DropOldest);
            let mut notifications = self.node.subscribe_with(subscription);
            let deadline = Instant::now().checked_add(self.patience);
            // A peer may have requested it before the subscription.
            let mut is_raised = self.try_raise(&event).await?;
            while !is_raised {
                let next = notifications.next();
                let next = match deadline {
                    Some(deadline) => timeout_at(deadline, next).await,
                    None => Ok(next.await),
                };
                let Ok(notification) = next else { break };
                is_raised = match notification {
                    Some(
                        Notification::EventRegistered { .. }
                        | Notification::ConnectionHandshakeDone(_),
                    ) => self.try_raise(&event).await?,
                    Some(_) => false,
                    None => return Err("the node stopped first".to_owned()),
                };
            }
            if is_raised {
                return Ok(());
            }
            if self.unwanted.len() >= REMEMBERED {
                self.unwanted.clear();
            }
            self.unwanted.insert(name.clone());
        }
        let (name, seconds) = (name.escape_ascii(), self.patience.as_secs_f64());
        Err(format!("no connected peer has requested {name} within {seconds} s"))
    }

    /// Waits for room. Returns whether any peer requested the event.
    ///
    /// # Errors
    /// The event does not match its declaration.
    async fn try_raise(&self, event: &Event) -> Result<bool, String> {
        let raised = self.node.raise(event.clone()).await.map_err(|error| error.to_string())?;
        Ok(raised.peers + raised.kept + raised.dropped > 0)
    }

    /// Waits until everything is sent. For peers that are not connected it waits as long as an
    /// event waits for a request.
    pub(super) async fn flush(&self) {
        loop {
            let left = self.node.flush(self.patience.max(Duration::from_secs(1))).await;
            let is_there = self.node.with(|node, _| {
                left.iter().any(|id| {
                    matches!(node.peer_state(*id), Some(PeerState::Connected(phase)) if phase != Phase::Closed)
                })
            });
            if !is_there {
                return;
            }
        }
    }
}

/// Parses the event on a line, if any.
///
/// # Errors
/// The text after the line number in a message.
fn parse(line: &[u8], declarations: &Declarations) -> Result<Option<Event>, String> {
    let text = file::script(line);
    if text.trim().is_empty() {
        return Ok(None);
    }
    if call::is_json(&text) {
        let text = str::from_utf8(line).map_err(|_| {
            ": not UTF-8; write a string with other bytes as {\"$hex\": \"…\"}".to_owned()
        })?;
        return call::json(text, declarations).map_err(|error| format!(": {error}"));
    }
    Event::parse(&text, declarations).map(Some).map_err(|error| pointed(&text, &error))
}

/// The maximum number of characters shown on each side of an error.
const SHOWN: usize = 60;

/// Formats an error in a line, with a caret at its position.
fn pointed(text: &str, error: &ParseError) -> String {
    let at = usize::try_from(error.column).unwrap_or_default().saturating_sub(1);
    let from = at.saturating_sub(SHOWN);
    let shown: String = text.chars().skip(from).take(at - from + SHOWN).collect();
    let (column, reason, before) = (error.column, error.reason(), at - from);
    format!(", column {column}: {reason}\n  {shown}\n  {:before$}^", "")
}

#[cfg(test)]
mod tests {
    use brocomm::data::Value;

    use super::*;

    fn read(line: &[u8]) -> Result<Option<Event>, String> {
        let mut declarations = Declarations::new();
        declarations.read("event e(x: count, s: string);").unwrap();
        parse(line, &declarations)
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_kept() {
        for (line, bytes) in [
            (&b"e(1, \"a\xffb\")"[..], &b"a\xffb"[..]),
            (b"e(1, \"\xff41\xc3\")", b"\xff41\xc3"),
            (b"e(1, \"\\\\\xfe\")", b"\\\xfe"),
            (b"e(1, \"\\\xff\")", b"\xff"),
            ("e(1, \"\u{e9}\")".as_bytes(), b"\xc3\xa9"),
        ] {
            let event = read(line).unwrap().unwrap();
            assert_eq!(event.args[1], Value::string(bytes), "{}", line.escape_ascii());
        }
        let json = read(b"{\"event\": \"e\", \"args\": [1, \"\xff\"]}").unwrap_err();
        assert!(json.starts_with(": not UTF-8; "), "{json}");
        let outside = read(b"e(1, \xff)").unwrap_err();
        assert!(outside.starts_with(", column 6: "), "{outside}");
        assert!(outside.ends_with("\n  e(1, \\xff)\n       ^"), "{outside}");
    }

    #[test]
    fn lines_without_an_event_are_skipped() {
        assert_eq!(read(b"  \t "), Ok(None));
        assert_eq!(read(b""), Ok(None));
    }

    #[test]
    fn only_the_part_of_a_long_line_with_the_error_is_shown() {
        let line = format!("e(1, \"{}\" oops{}", "x".repeat(1000), "y".repeat(1000));
        let error = read(line.as_bytes()).unwrap_err();
        let lines: Vec<&str> = error.lines().collect();
        assert!(lines[1].len() <= 2 + 2 * SHOWN && lines[1].contains("oops"), "{error}");
        assert_eq!(lines[1].as_bytes()[lines[2].len() - 1], b'o', "{error}");
    }
}
