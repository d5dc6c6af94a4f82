//! `brocomm decode`: shows what recorded sessions carry.

mod args;
mod content;
mod declarations;
mod json;
mod logs;
mod notes;
pub(crate) mod printed;
mod scripts;
mod session;
mod side;
mod state;
mod summary;
mod text;
mod variables;
mod verify;
mod view;

use std::io::{self, Write};
use std::path::Path;

use brocomm_conformance::RecordingReader;

pub(crate) use args::Args;
pub(crate) use content::Access;

use crate::failure::{Failure, misused, tell};
use declarations::Known;
use session::Session;
use view::View;

/// Decodes each file; goes on with the next after one that fails.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let known = Known::read(args.declarations.as_deref())?;
    let several = args.files.len() > 1;
    if several && args.write_logs.is_some() {
        return Err(misused(format_args!(
            "--write-logs takes one FILE, {} given",
            args.files.len()
        )));
    }
    let mut failed = false;
    let mut followed = state::Followed::default();
    for path in &args.files {
        let file = path.display().to_string();
        let named = several.then(|| file.clone());
        let mut view: Box<dyn View + '_> = if let Some(folder) = &args.write_logs {
            Box::new(logs::Logs::new(folder, args.log_names.as_deref())?)
        } else if args.state {
            Box::new(followed.recording(path, &known, args.json, named))
        } else if args.json {
            Box::new(json::Lines::new(named))
        } else if args.summary {
            Box::new(summary::Summary::default())
        } else if args.verify {
            Box::new(verify::Verify::default())
        } else {
            Box::new(text::Lines)
        };
        if several && view.wants_heading() {
            writeln!(out, "{file}:")?;
        }
        let problems = decode(path, &file, &known, view.as_mut(), out)?;
        // What was decoded comes before what is to be said about it.
        out.flush()?;
        failed |= !problems.is_empty();
        for problem in problems {
            tell(format_args!("{problem}"));
        }
    }
    if failed { Err(Failure::Told) } else { Ok(()) }
}

/// Decodes a file; returns what could not be decoded.
fn decode(
    path: &Path,
    file: &str,
    known: &Known,
    view: &mut dyn View,
    out: &mut dyn Write,
) -> Result<Vec<String>, Failure> {
    let session = Session::new(file, &known.beside(path), view.wants_transcripts());
    if path == Path::new("-") {
        match RecordingReader::new("standard input", io::stdin().lock()) {
            Ok(reader) => session.follow(reader, view, out),
            Err(error) => Ok(vec![error.to_string()]),
        }
    } else {
        match RecordingReader::open(path) {
            Ok(reader) => session.follow(reader, view, out),
            Err(error) => Ok(vec![error.to_string()]),
        }
    }
}
