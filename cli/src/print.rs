//! `brocomm print`: prints what the scripts of a peer print to files.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

use brocomm::data::Name;
use brocomm::lowlevel::connection::{ConnectionNotification, Requests};
use brocomm_std::Peer;

use crate::decode::{Print, printed};
use crate::failure::Failure;
use crate::follow::{Follow, Target};

/// Connects to a peer and prints what its scripts print to files, one line each: the file and the
/// text.
///
/// A Bro sends the text in batches of 10 KiB, and the last batch when it terminates.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,

    /// Print one JSON object per line: file and text.
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm print sensor

Exit codes:
  0  the peer closed the connection, or Ctrl-C was pressed
  1  the connection failed
  2  the command line is wrong";

/// Prints everything until the end.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let events = vec![Name::from_static("print_hook")];
    let requests = Requests { events, accept_input: false, ..Requests::default() };
    args.target.follow(Arc::default(), requests, &mut Prints { out, json: args.json }).map(|_| ())
}

struct Prints<'a> {
    out: &'a mut dyn Write,
    json: bool,
}

impl Follow for Prints<'_> {
    fn notified(
        &mut self,
        _: &mut Peer,
        notification: &ConnectionNotification,
    ) -> Result<ControlFlow<()>, Failure> {
        if let ConnectionNotification::RemotePrint(items) = notification {
            for item in items.iter() {
                if self.json {
                    serde_json::to_writer(&mut *self.out, &Print::of(&item))
                        .map_err(io::Error::from)?;
                    self.out.write_all(b"\n")?;
                } else {
                    let (file, text) = (printed::bytes(item.file), printed::bytes(item.text));
                    writeln!(self.out, "{file}: {text}")?;
                }
            }
            self.out.flush()?;
        }
        Ok(ControlFlow::Continue(()))
    }
}
