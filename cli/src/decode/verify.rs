//! Encodes SERIALs again and compares the bytes.

use std::io::{self, Write};
use std::time::Duration;

use brocomm::lowlevel::connection::{Observed, Observer};
use brocomm::lowlevel::wire::Message;
use serde_json::{Value, json};

use super::side;
use super::view::View;

/// Encodes each decoded SERIAL again and compares it with the received bytes.
#[derive(Default)]
pub(super) struct Verify {
    /// Set for JSON output. Contains the file name if it is printed.
    json: Option<Option<String>>,
    serials: u64,
    bytes: u64,
    /// The buffer for the encoded SERIAL, reused.
    again: Vec<u8>,
    difference: Option<String>,
}

impl Verify {
    /// Creates the view with JSON output. `file` is added to the object if there are several files.
    pub(super) fn json(file: Option<String>) -> Verify {
        Verify { json: Some(file), ..Verify::default() }
    }
}

impl View for Verify {
    fn wants_heading(&self) -> bool {
        self.json.is_none()
    }

    fn wants_transcripts(&self) -> bool {
        true
    }

    fn show(&mut self, _: Duration, observed: &Observed, _: &mut dyn Write) -> io::Result<()> {
        let (Ok(Message::Serial(argument)), Some(Ok(serial))) =
            (&observed.message, &observed.serial)
        else {
            return Ok(());
        };
        let (Some(mode), Some(transcript)) = (observed.mode, &observed.transcript) else {
            return Ok(());
        };
        self.again.clear();
        transcript.write_again(serial, mode, &mut self.again);
        self.serials += 1;
        self.bytes += argument.len() as u64;
        if self.difference.is_none() {
            self.difference = difference(argument, &self.again).map(|difference| {
                let side = side::name(observed.side);
                format!("{side}: SERIAL at byte {} encoded again: {difference}", observed.offset)
            });
        }
        Ok(())
    }

    fn end(
        &mut self,
        _: &Observer,
        errors: [usize; 2],
        out: &mut dyn Write,
    ) -> io::Result<Option<String>> {
        let Verify { serials, bytes, difference, .. } = &*self;
        if let Some(file) = &self.json {
            let [c, l] = errors;
            let mut object = json!({ "serials": serials, "bytes": bytes,
                "difference": difference, "errors": { "connector": c, "listener": l } });
            if let (Some(file), Value::Object(object)) = (file, &mut object) {
                object.insert("file".to_owned(), file.as_str().into());
            }
            writeln!(out, "{object}")?;
            return Ok(self.difference.take());
        }
        let verdict = match (difference, errors) {
            (None, [0, 0]) => "all bytes are the same",
            (None, _) => "all bytes are the same, but not everything was decoded",
            (Some(_), _) => "not all bytes are the same",
        };
        writeln!(out, "SERIALs encoded again: {serials} ({bytes} bytes); {verdict}")?;
        Ok(self.difference.take())
    }
}

/// Returns a description of the first difference, if any.
fn difference(expected: &[u8], got: &[u8]) -> Option<String> {
    let same = expected.iter().zip(got).take_while(|(a, b)| a == b).count();
    Some(match (expected.get(same), got.get(same)) {
        (None, None) => return None,
        (Some(a), Some(b)) => format!("byte {same} is {b:#04x} where {a:#04x} was sent"),
        (Some(_), None) => format!("it ends at byte {same} where {} were sent", expected.len()),
        (None, Some(_)) => format!("it has {} bytes where {same} were sent", got.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn the_first_difference_is_described() {
        let cases: [(&[u8], &[u8], Option<&str>); 5] = [
            (b"", b"", None),
            (b"abc", b"abc", None),
            (b"abcd", b"axcy", Some("byte 1 is 0x78 where 0x62 was sent")),
            (b"abc", b"ab", Some("it ends at byte 2 where 3 were sent")),
            (b"ab", b"abcd", Some("it has 4 bytes where 2 were sent")),
        ];
        for (expected, got, text) in cases {
            assert_eq!(difference(expected, got).as_deref(), text);
        }
    }
}
