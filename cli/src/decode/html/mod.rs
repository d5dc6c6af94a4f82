//! A session as one self-contained HTML page: a sequence diagram of its messages, and plots.
//!
//! The page holds its data as JSON, one row per message, and draws only what is in view. The bytes
//! that a peer sent are data and are never interpreted as HTML or as a script.

mod samples;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use brocomm::lowlevel::connection::{Observed, Observer};
use brocomm::lowlevel::wire::Message;
use serde::Serialize;

use super::content::Content;
use super::json::Line;
use super::printed;
use super::side::SIDES;
use super::view::View;
use crate::failure::{Failure, failed, reason};
use samples::Samples;

/// The part before the data, with placeholders for the style and the title.
const HEAD: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPTS: [&str; 3] =
    [include_str!("data.js"), include_str!("plots.js"), include_str!("page.js")];

/// The number of characters of a message's contents that are shown beside it. A click shows all.
const SHOWN: usize = 240;

/// A page while it is written, with one or several sessions.
pub(super) struct Page {
    path: PathBuf,
    out: BufWriter<File>,
    sessions: usize,
    messages: u64,
}

impl Page {
    /// Begins a page. An existing file is replaced.
    pub(super) fn create(path: &Path, title: &str) -> Result<Page, Failure> {
        let begin = || {
            let mut out = BufWriter::new(File::create(path)?);
            let head = HEAD.replace("{{title}}", &text(title)).replace("{{style}}", STYLE);
            out.write_all(head.as_bytes())?;
            Ok(out)
        };
        match begin() {
            Ok(out) => Ok(Page { path: path.to_owned(), out, sessions: 0, messages: 0 }),
            Err(error) => Err(unwritable(path, &error)),
        }
    }

    /// Begins a session with this name.
    pub(super) fn session(&mut self, name: &str) -> PageSession<'_> {
        let begun = self.begin(name);
        PageSession { page: self, failure: begun.err(), rows: 0, samples: Samples::default() }
    }

    fn begin(&mut self, name: &str) -> io::Result<()> {
        self.sessions += 1;
        writeln!(self.out, r#"<script type="application/json" class="session">"#)?;
        self.out.write_all(b"{\"name\":")?;
        json(&mut self.out, name)?;
        self.out.write_all(b",\"rows\":[")
    }

    /// Finishes the page, and prints a summary.
    pub(super) fn end(mut self, out: &mut dyn Write) -> Result<(), Failure> {
        let end = |page: &mut Page| {
            for script in SCRIPTS {
                write!(page.out, "<script>\n{script}</script>\n")?;
            }
            page.out.write_all(b"</body>\n</html>\n")?;
            page.out.flush()
        };
        end(&mut self).map_err(|error| unwritable(&self.path, &error))?;
        let (path, sessions, messages) = (self.path.display(), self.sessions, self.messages);
        let several = if sessions == 1 { "" } else { "s" };
        Ok(writeln!(out, "{path}: {sessions} session{several}, {messages} messages")?)
    }
}

/// A session of a page.
pub(super) struct PageSession<'a> {
    page: &'a mut Page,
    /// The first write error. Nothing is written after it.
    failure: Option<io::Error>,
    rows: u64,
    samples: Samples,
}

/// A message. The short keys keep pages of long sessions small.
#[derive(Serialize)]
struct Row<'a> {
    /// The event, variable or log of the message.
    #[serde(rename = "n", skip_serializing_if = "String::is_empty")]
    name: String,
    /// The beginning of its contents as text.
    #[serde(rename = "s", skip_serializing_if = "String::is_empty")]
    shown: String,
    #[serde(rename = "m")]
    line: Line<'a>,
}

impl PageSession<'_> {
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.page.out.write_all(if self.rows == 0 { b"\n" } else { b",\n" })?;
        json(&mut self.page.out, row)
    }

    fn end(&mut self, observer: &Observer, errors: [usize; 2]) -> io::Result<()> {
        let PageSession { page, samples, rows, .. } = self;
        page.messages += *rows;
        page.out.write_all(b"],\n\"samples\":")?;
        json(&mut page.out, &samples.all(observer))?;
        page.out.write_all(b",\n\"errors\":")?;
        json(&mut page.out, &errors)?;
        let totals = SIDES.map(|side| samples::Totals::of(&observer.counters(side)));
        page.out.write_all(b",\n\"totals\":")?;
        json(&mut page.out, &totals)?;
        page.out.write_all(b"}\n</script>\n")
    }
}

impl View for PageSession<'_> {
    fn wants_heading(&self) -> bool {
        false
    }

    fn show(&mut self, time: Duration, observed: &Observed, _: &mut dyn Write) -> io::Result<()> {
        let (name, shown) = match Content::of(observed) {
            Some(content) => (name(observed, &content), shortened(&content.to_string())),
            None => (String::new(), String::new()),
        };
        let row = Row { name, shown, line: Line::of(time, observed, None) };
        if self.failure.is_none() {
            self.failure = self.row(&row).err();
        }
        self.rows += 1;
        Ok(())
    }

    fn fed(&mut self, time: Duration, observer: &Observer) {
        self.samples.take(time, observer);
    }

    fn end(
        &mut self,
        observer: &Observer,
        errors: [usize; 2],
        _: &mut dyn Write,
    ) -> io::Result<Option<String>> {
        let failure = self.failure.take().or_else(|| self.end(observer, errors).err());
        Ok(failure
            .map(|error| format!("cannot write {}: {}", self.page.path.display(), reason(&error))))
    }
}

/// Returns the subject of a message, by which the page can filter.
fn name(observed: &Observed, content: &Content<'_>) -> String {
    let name = match (content, &observed.message) {
        (Content::Event(event), _) => &event.name[..],
        (Content::Id(id), _) => &id.name[..],
        (Content::StateAccess(access), _) => &access.target[..],
        (Content::LogWriter { path, .. }, _) => &path[..],
        (Content::LogEntries(entries), Ok(Message::LogWrite(_))) => {
            entries.first().map_or(&[][..], |entry| &entry.path[..])
        }
        _ => &[],
    };
    printed::bytes(name)
}

/// Returns the beginning of a long text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Writes JSON for a script element: without `<`, no `</script>` can end it early.
fn json(out: &mut impl Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    let json = serde_json::to_string(value)?;
    for (n, part) in json.split('<').enumerate() {
        // `<` occurs only in strings, where the escape means the same character.
        out.write_all(if n == 0 { b"" } else { b"\\u003c" })?;
        out.write_all(part.as_bytes())?;
    }
    Ok(())
}

/// Escapes text for HTML.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    failed(format_args!("cannot write {}: {}", path.display(), reason(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_its_element() {
        let mut out = Vec::new();
        json(&mut out, "</script><!-- \"<\"").unwrap();
        let json = String::from_utf8(out).unwrap();
        assert!(!json.contains('<'), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), "</script><!-- \"<\"");
        assert_eq!(text("a<b> & c"), "a&lt;b&gt; &amp; c");
    }

    #[test]
    fn only_long_text_is_cut() {
        let long = "\u{e9}".repeat(SHOWN);
        assert_eq!(shortened(&long), long);
        assert_eq!(shortened(&(long.clone() + "x")), long + "…");
    }
}
