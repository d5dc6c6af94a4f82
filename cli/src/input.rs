//! What recorded sessions are read from.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use brocomm_conformance::{RecordingError, RecordingReader};

use crate::capture::{self, Captured};

/// A file, or standard input.
type Source = BufReader<Box<dyn Read + Send>>;

/// A file that holds recorded sessions.
pub(crate) enum Input {
    /// One session.
    Recording(RecordingReader<Source>),
    /// The connections of a capture.
    Capture(Vec<Captured>),
}

impl Input {
    /// Opens a file, standard input if it is called `-`; `port` is the listener's in captures.
    ///
    /// # Errors
    /// What is wrong, with the file's name.
    pub(crate) fn open(path: &Path, port: u16) -> Result<Input, String> {
        let file = path.display().to_string();
        let error =
            |error: io::Error| RecordingError::Open { file: file.clone(), kind: error.kind() };
        let source: Box<dyn Read + Send> = match path == Path::new("-") {
            true => Box::new(io::stdin()),
            false => Box::new(File::open(path).map_err(|e| error(e).to_string())?),
        };
        let mut source = BufReader::new(source);
        let start = source.fill_buf().map_err(|e| error(e).to_string())?;
        if capture::is_capture(start) {
            let read = capture::read(source, port);
            return read.map(Input::Capture).map_err(|problem| format!("{file}: {problem}"));
        }
        let file = if file == "-" { "standard input".to_owned() } else { file };
        RecordingReader::new(file, source).map(Input::Recording).map_err(|e| e.to_string())
    }
}
