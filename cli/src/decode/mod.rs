//! `brocomm decode`: prints the messages in recorded sessions and captures.

mod args;
mod content;
mod declarations;
mod html;
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
use std::iter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use brocomm::logs::LogFormat;
use brocomm::lowlevel::connection::Observed;
use brocomm_conformance::{RecordingError, Step, StepKind};

pub(crate) use args::Args;
pub(crate) use content::{Access, Print, names_of};

use crate::failure::{Failure, misused, tell};
use crate::input::Input;
use crate::progress::Progress;
use declarations::Known;
use session::DecodedSession;
use view::View;

/// Decodes each file. Continues with the next file after an error.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    if args.files.len() > 1 && args.write_logs.is_some() {
        return Err(misused(format_args!(
            "--write-logs takes one FILE, {} given",
            args.files.len()
        )));
    }
    let format = args.columns.format(args.json)?;
    let known = Known::read(&args.declarations)?;
    let is_told_at_end =
        args.summary || args.verify || args.write_logs.is_some() || args.html.is_some();
    let page = args.html.as_deref().map(|path| html::Page::create(path, &title(args)));
    let page = page.transpose()?;
    let (progress, followed) = (Progress::new(!is_told_at_end), state::Followed::default());
    let mut decoder = Decoder { args, known, format, followed, page, failure: None, progress, out };
    for path in &args.files {
        decoder.file(path)?;
    }
    let Decoder { page, failure, out, .. } = decoder;
    if let Some(page) = page {
        page.end(out)?;
    }
    failure.map_or(Ok(()), Err)
}

/// Returns the title of a page of these files.
fn title(args: &Args) -> String {
    let name = |path: &PathBuf| path.file_name().unwrap_or(path.as_os_str()).display().to_string();
    match &args.files[..] {
        [file] if file.as_os_str() == "-" => "standard input".to_owned(),
        [file] => name(file),
        files => format!("{} recordings", files.len()),
    }
}

/// Prints the messages of a running session.
pub(crate) struct Shown(Box<dyn View>);

impl Shown {
    pub(crate) fn new(json: bool) -> Shown {
        Shown(if json {
            Box::new(json::Lines::new(None))
        } else {
            Box::new(text::Lines::default())
        })
    }

    /// Prints a message. The time is relative to the start of the session.
    pub(crate) fn show(
        &mut self,
        time: Duration,
        observed: &Observed,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.0.show(time, observed, out)
    }
}

/// Decodes files one after the other.
struct Decoder<'a> {
    args: &'a Args,
    known: Known,
    /// The format of logs.
    format: LogFormat,
    followed: state::Followed,
    /// The page of `--html`.
    page: Option<html::Page>,
    /// The most severe failure.
    failure: Option<Failure>,
    progress: Progress,
    out: &'a mut dyn Write,
}

impl Decoder<'_> {
    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let file = path.display().to_string();
        let several = self.args.files.len() > 1;
        let folder = self.args.write_logs.clone();
        match Input::open(path, self.args.port, &self.progress) {
            Ok(Input::Recording(recording)) => {
                self.session(path, &file, several, folder, recording, Vec::new())
            }
            Ok(Input::Capture(connections)) => {
                let several_here = connections.len() > 1;
                for (number, connection) in (1..).zip(connections) {
                    let (from, to) = (connection.connector, connection.listener);
                    let name = format!("{file} {from} > {to}");
                    let number: u32 = number;
                    let folder = folder.as_ref().map(|folder| match several_here {
                        true => folder.join(number.to_string()),
                        false => folder.clone(),
                    });
                    let gaps = connection.gaps.iter().map(|gap| format!("{name}: {gap}")).collect();
                    let (named, steps) = (several || several_here, connection.steps);
                    let progress = self.progress.clone();
                    progress.begin(&name, Some(steps.iter().map(length).sum::<usize>() as u64));
                    let steps = steps.into_iter().inspect(|step| progress.add(length(step)));
                    self.session(path, &name, named, folder, steps.map(Ok), gaps)?;
                }
                Ok(())
            }
            Err(unusable) => {
                self.progress.end();
                self.out.flush()?;
                let failure = unusable.into_failure();
                if !matches!(self.failure, Some(Failure::Usage)) {
                    self.failure = Some(failure);
                }
                Ok(())
            }
        }
    }

    /// Decodes a session. `named` says whether to print its name because there are several.
    fn session(
        &mut self,
        path: &Path,
        name: &str,
        named: bool,
        folder: Option<PathBuf>,
        steps: impl IntoIterator<Item = Result<Step, RecordingError>>,
        gaps: Vec<String>,
    ) -> Result<(), Failure> {
        let args = self.args;
        let own_name = named.then(|| name.to_owned());
        let mut view: Box<dyn View + '_> = if let Some(folder) = &folder {
            let (names, format) = (args.log_names.as_deref(), self.format.clone());
            Box::new(logs::Logs::new(folder, names, format, args.clock)?)
        } else if let Some(page) = &mut self.page {
            Box::new(page.session(name))
        } else if args.state {
            Box::new(self.followed.recording(path, &self.known, args.json, own_name))
        } else if args.summary && args.json {
            Box::new(summary::Summary::json(own_name))
        } else if args.summary {
            Box::new(summary::Summary::default())
        } else if args.verify && args.json {
            Box::new(verify::Verify::json(own_name))
        } else if args.verify {
            Box::new(verify::Verify::default())
        } else if args.json {
            Box::new(json::Lines::new(own_name))
        } else {
            Box::new(text::Lines::default())
        };
        if named && view.wants_heading() {
            self.progress.aside(|| writeln!(self.out, "{name}:"))?;
        }
        let known = self.known.beside(path);
        let session = DecodedSession::new(name, &known, args.data_format, view.wants_transcripts());
        let end = iter::from_fn(|| {
            self.progress.end();
            None
        });
        let mut problems = session.follow(steps.into_iter().chain(end), view.as_mut(), self.out)?;
        drop(view);
        problems.extend(gaps);
        self.report(problems)
    }

    /// Returns the errors, after everything else has been printed.
    fn report(&mut self, problems: Vec<String>) -> Result<(), Failure> {
        self.progress.end();
        self.out.flush()?;
        if !problems.is_empty() {
            self.failure.get_or_insert(Failure::Reported);
        }
        problems.iter().for_each(|problem| tell(format_args!("{problem}")));
        Ok(())
    }
}

/// Returns the number of bytes in a step.
pub(crate) fn length(step: &Step) -> usize {
    match &step.kind {
        StepKind::Data { bytes, .. } => bytes.len(),
        StepKind::Close(_) => 0,
    }
}
