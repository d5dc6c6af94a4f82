//! Messages as JSON lines.

use std::io::{self, Write};
use std::time::Duration;

use brocomm::lowlevel::connection::Observed;
use serde::Serialize;

use super::content::Content;
use super::view::View;
use super::{notes, side};

/// Prints one JSON object per message.
pub(super) struct Lines {
    file: Option<String>,
}

impl Lines {
    /// Creates the view. `file` is added to each line if there are several files.
    pub(super) fn new(file: Option<String>) -> Lines {
        Lines { file }
    }
}

/// A message with its place in the session.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    t: f64,
    from: &'static str,
    phase: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    offset: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(flatten)]
    content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl<'a> Line<'a> {
    pub(super) fn of(time: Duration, observed: &'a Observed, file: Option<&'a str>) -> Line<'a> {
        Line {
            t: time.as_secs_f64(),
            from: side::name(observed.side),
            phase: side::phase(observed.phase),
            message: observed.message.as_ref().ok().map(|message| message.message_type().name()),
            offset: observed.offset,
            bytes: observed.wire_len,
            file,
            content: Content::of(observed),
            note: notes::note(observed),
        }
    }
}

impl View for Lines {
    fn wants_heading(&self) -> bool {
        false
    }

    fn show(&mut self, time: Duration, observed: &Observed, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &Line::of(time, observed, self.file.as_deref()))?;
        out.write_all(b"\n")
    }
}
