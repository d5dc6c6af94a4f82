//! Input files of `decode` and `replay`.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::iter::Peekable;
use std::path::Path;

use brocomm_conformance::{LineProblem, RecordingError, RecordingReader};
use flate2::bufread::MultiGzDecoder;

use crate::capture::{self, Captured};
use crate::failure::{Failure, failed, misused, reason};
use crate::progress::Progress;

/// A file or standard input, decompressed if needed.
type Source = Box<dyn BufRead + Send>;

/// The start of gzipped files.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// An input file.
pub(crate) enum Input {
    /// A recording of one session.
    Recording(Peekable<RecordingReader<Source>>),
    /// The TCP connections in a capture.
    Capture(Vec<Captured>),
}

/// Why a file has no session.
pub(crate) enum Unusable {
    /// It cannot be read, so the user probably meant another file.
    Unreadable(String),
    /// It contains something else.
    Content(String),
}

impl From<String> for Unusable {
    fn from(what: String) -> Unusable {
        Unusable::Content(what)
    }
}

impl Unusable {
    /// Reports the error, and returns the failure.
    pub(crate) fn into_failure(self) -> Failure {
        match self {
            Unusable::Unreadable(what) => misused(format_args!("{what}")),
            Unusable::Content(what) => failed(format_args!("{what}")),
        }
    }
}

impl Input {
    /// Opens a file, gzipped or not, or standard input for `-`. `port` is the listener's port in
    /// captures.
    ///
    /// A gzipped file is decompressed while it is read. The progress counts the bytes of the file
    /// itself.
    ///
    /// # Errors
    /// The error, with the file's name.
    pub(crate) fn open(path: &Path, port: u16, progress: &Progress) -> Result<Input, Unusable> {
        let file = path.display().to_string();
        let file = if file == "-" { "standard input".to_owned() } else { file };
        let error = |error: io::Error| {
            Unusable::Unreadable(format!("{file}: cannot read: {}", reason(&error)))
        };
        let (source, bytes): (Box<dyn Read + Send>, _) = match path == Path::new("-") {
            true => (Box::new(io::stdin()), None),
            false => {
                let opened = File::open(path).map_err(error)?;
                let known = opened.metadata().ok().filter(Metadata::is_file);
                (Box::new(opened), known.map(|known| known.len()))
            }
        };
        progress.begin(&file, bytes);
        let source = BufReader::new(progress.reading(source));
        let (mut start, mut source) = looked_at(source).map_err(error)?;
        if start.starts_with(&GZIP) {
            let inflated = BufReader::new(MultiGzDecoder::new(source));
            // The same message as for an error later in the file.
            (start, source) = looked_at(inflated).map_err(|error| {
                let problem = LineProblem::Read { kind: error.kind() };
                RecordingError::Line { file: file.clone(), line: 1, problem }.to_string()
            })?;
        }
        let nothing = || format!("{file}: the file is empty");
        if start.is_empty() {
            return Err(nothing().into());
        }
        if capture::is_capture(&start) {
            let read = capture::read(source, port);
            let read = read.map_err(|problem| format!("{file}: {problem}"));
            return Ok(Input::Capture(read?));
        }
        // A recording has JSON objects on lines, and may have blank lines.
        if start.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| *byte != b'{') {
            return Err(
                format!("{file}: neither a recording nor a capture (pcap or pcapng)").into()
            );
        }
        let recording = RecordingReader::new(file.as_str(), source).map_err(|e| e.to_string())?;
        let mut recording = recording.peekable();
        if recording.peek().is_none() {
            return Err(nothing().into());
        }
        Ok(Input::Recording(recording))
    }
}

/// Returns the first bytes of a source, enough to recognize the format, and the unchanged source.
fn looked_at(mut source: impl BufRead + Send + 'static) -> io::Result<(Vec<u8>, Source)> {
    let mut start = Vec::new();
    source.by_ref().take(4).read_to_end(&mut start)?;
    let whole = Box::new(Cursor::new(start.clone()).chain(source));
    Ok((start, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_counts_bytes_of_the_file_itself() {
        let sessions = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/vectors/sessions");
        let file = Path::new(sessions).join("bro-bro-repeat.jsonl.gz");
        let progress = Progress::new(false);
        let Ok(Input::Recording(recording)) = Input::open(&file, 0, &progress) else {
            panic!("no recording")
        };
        assert_eq!(recording.filter(Result::is_err).count(), 0);
        assert_eq!(progress.done(), std::fs::metadata(file).unwrap().len());
    }
}
