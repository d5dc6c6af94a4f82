//! The synchronized variables of both sides.

mod replica;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::{Name, Value};
use brocomm::lowlevel::connection::{Observed, Observer};
use brocomm::lowlevel::serial::{Id, Serial};
use brocomm::lowlevel::wire::Message;
use brocomm::node::{Phase, Role, SyncRole};
use serde::Serialize;

use self::replica::{Received, Replica};
use super::declarations::{Known, session_of};
use super::printed;
use super::side::{self, SIDES};
use super::view::View;
use crate::failure::warn;

/// Both sides' variables, kept over the connections of a session.
#[derive(Default)]
pub(super) struct Followed {
    /// The session and the number of the connection.
    session: Option<(PathBuf, u32)>,
    sides: Option<[Replica; 2]>,
}

/// The view of one connection.
pub(super) struct Connection<'a> {
    sides: &'a mut [Replica; 2],
    shown: String,
    json: bool,
    file: Option<String>,
    /// Which sides have requested state.
    requested: [bool; 2],
    /// Which sides have completed the handshake.
    done: [bool; 2],
}

impl Followed {
    /// Creates the view of a recording. `file` is added to each JSON line.
    pub(super) fn recording(
        &mut self,
        path: &Path,
        known: &Known,
        json: bool,
        file: Option<String>,
    ) -> Connection<'_> {
        let session = session_of(path);
        let goes_on = match (&self.session, &session) {
            (Some((before, earlier)), Some((now, later))) => before == now && earlier < later,
            _ => false,
        };
        self.session = session;
        if !goes_on {
            self.sides = None;
        }
        let sides = self.sides.get_or_insert_with(|| {
            let [connector, listener] = known.variables(path);
            let side = |role, known| Replica::new(side::name(role), known);
            [side(Role::Initiator, connector), side(Role::Acceptor, listener)]
        });
        let shown = path.display().to_string();
        Connection { sides, shown, json, file, requested: [false; 2], done: [false; 2] }
    }
}

/// The value of a variable at some time.
#[derive(Serialize)]
struct Line<'a> {
    at: &'static str,
    when: &'static str,
    name: &'a Name,
    value: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
}

impl View for Connection<'_> {
    fn wants_heading(&self) -> bool {
        !self.json
    }

    fn show(&mut self, time: Duration, observed: &Observed, out: &mut dyn Write) -> io::Result<()> {
        let (from, to) = (side::index(observed.side), side::index(observed.side.other()));
        match &observed.message {
            Ok(Message::RequestSync { .. }) => self.requested[from] = true,
            Ok(Message::PhaseDone) if self.completes(observed) => self.print("sync", out)?,
            _ => {}
        }
        match &observed.serial {
            Some(Ok(Serial::StateAccess(access))) => {
                self.sides[from].sends(time, access, self.requested[from]);
                if self.requested[to] {
                    self.sides[to].receives(time, Received::Access((**access).clone()));
                }
            }
            // In other phases an ID changes nothing (§3.2).
            Some(Ok(Serial::Id(id))) if observed.phase == Phase::Running && is_state(id) => {
                self.sides[to].receives(time, Received::Id(Arc::clone(id)));
            }
            // Later operations of the receiver may be an answer to this event.
            Some(Ok(Serial::Event(_))) => self.sides[to].settle(),
            _ => {}
        }
        Ok(())
    }

    fn end(
        &mut self,
        _: &Observer,
        _: [usize; 2],
        out: &mut dyn Write,
    ) -> io::Result<Option<String>> {
        self.print("final", out)?;
        out.flush()?;
        for side in SIDES {
            let ignored = self.sides[side::index(side)].take_ignored();
            if let Some(first) = ignored.first {
                let (file, side, count) = (&self.shown, side::name(side), ignored.count);
                let plural = if count == 1 { " was" } else { "s were" };
                warn(format_args!(
                    "{file}: {side}: {count} operation{plural} ignored, as a Bro does: {first}; \
                     if the {side} has other variables, give them with --declarations"
                ));
            }
        }
        Ok(None)
    }
}

/// Returns whether an ID sets a variable. Functions are not state.
fn is_state(id: &Id) -> bool {
    id.value.as_ref().is_some_and(|value| !matches!(value, Value::Func(..)))
}

impl Connection<'_> {
    /// Returns whether both sides are in the Running phase after this PHASE_DONE (§3.3, §3.4).
    fn completes(&mut self, observed: &Observed) -> bool {
        match observed.phase {
            Phase::Sync(role) => role == SyncRole::Sender,
            Phase::Setup | Phase::Handshake => {
                let both_were = self.done == [true; 2];
                self.done[side::index(observed.side)] = true;
                !both_were && self.done == [true; 2] && self.requested == [false; 2]
            }
            Phase::Running | Phase::Closed => false,
        }
    }

    fn print(&mut self, when: &'static str, out: &mut dyn Write) -> io::Result<()> {
        for side in SIDES {
            let replica = &mut self.sides[side::index(side)];
            replica.settle();
            for (name, value) in replica.values() {
                let at = side::name(side);
                if self.json {
                    let (value, file) = (&value, self.file.as_deref());
                    serde_json::to_writer(&mut *out, &Line { at, when, name, value, file })?;
                    out.write_all(b"\n")?;
                } else {
                    let (name, value) = (printed::bytes(name), shown(&value));
                    writeln!(out, "{when:<5} {at:<9} {name} = {value}")?;
                }
            }
        }
        Ok(())
    }
}

/// Returns a value as Bro prints it; for a file, only the name.
fn shown(value: &Value) -> String {
    match value {
        Value::File(_, file) => printed::bytes(&file.name),
        value => printed::value(value),
    }
}
