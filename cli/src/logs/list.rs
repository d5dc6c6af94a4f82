//! `brocomm logs --list`: lists the logs of a peer.

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;

use brocomm::Time;
use brocomm::logs::LogNames;
use brocomm::lowlevel::connection::ConnectionNotification;
use brocomm::lowlevel::logs::LogWriter;
use brocomm_std::Peer;
use serde_json::json;

use super::{Args, for_logs};
use crate::failure::{Failure, failed};
use crate::follow::Follow;
use crate::tail::ANNOUNCING;

/// Prints the announced logs until no announcement has arrived for a while.
pub(super) fn run(args: &Args, names: &LogNames, out: &mut dyn Write) -> Result<(), Failure> {
    let mut list = List::default();
    let peer = args.peer.as_deref().unwrap_or_default();
    let _ = args.manner.follow(peer, Arc::default(), for_logs(), &mut list)?;
    list.writers.sort_by(|one, other| one.path.cmp(&other.path));
    for writer in &list.writers {
        let (stream, kind) = (names.stream(writer.stream), names.writer(writer.writer));
        let columns = writer.fields.iter();
        let columns = columns.map(|field| (field.name.to_string(), field.type_name().to_string()));
        let path = &writer.path;
        if args.json {
            let columns: Vec<_> =
                columns.map(|(name, ty)| json!({ "name": name, "type": ty })).collect();
            let line = json!({
                "path": path.to_string(), "stream": stream.to_string(),
                "writer": kind.to_string(), "columns": columns,
            });
            writeln!(out, "{line}")?;
        } else {
            let columns: Vec<_> = columns.map(|(name, ty)| format!("{name} {ty}")).collect();
            writeln!(out, "{path}  {stream} by {kind}: {}", columns.join(", "))?;
        }
    }
    match list.writers.is_empty() {
        true => Err(failed(format_args!("{peer}: the peer announced no logs"))),
        false => Ok(()),
    }
}

#[derive(Default)]
struct List {
    writers: Vec<Arc<LogWriter>>,
    /// When the announcements are considered complete.
    all_at: Option<Time>,
}

impl Follow for List {
    fn notified(
        &mut self,
        peer: &mut Peer,
        notification: &ConnectionNotification,
    ) -> Result<ControlFlow<()>, Failure> {
        match notification {
            ConnectionNotification::LogWriterAnnounced(writer) => {
                self.writers.push(Arc::clone(writer))
            }
            ConnectionNotification::HandshakeDone => self.all_at = Some(peer.now() + ANNOUNCING),
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    }

    fn next_timeout(&self) -> Option<Time> {
        self.all_at
    }

    fn is_done(&self, now: Time) -> bool {
        self.all_at.is_some_and(|at| at <= now)
    }
}
