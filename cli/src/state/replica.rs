//! What a peer's variables hold, as it tells us.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use brocomm::Time;
use brocomm::connection::{Notification, SyncRole};
use brocomm::data::{Declarations, Name, StateAccess, Value};
use brocomm::state::{Path, StateError, Store};
use brocomm_std::Peer;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::task::Task;
use crate::decode::{Access, printed};
use crate::failure::{Failure, failed, warn};
use crate::follow::Follow;
use crate::output;
use crate::session::DESCRIPTION;
use crate::variables;

/// Holds what the peer has sent so far.
pub(super) struct Replica<'a> {
    pub(super) store: Store,
    /// The variables of which the peer has sent the value.
    pub(super) sent: BTreeSet<Name>,
    phase: Phase,
    /// How long the peer may send nothing before it has given its state, and since when it does.
    patience: Duration,
    heard: Option<Instant>,
    progress: ProgressBar,
    task: &'a mut dyn Task,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Joining,
    /// The peer asks us for our state.
    AskedForState,
    /// The peer has given its state.
    Running,
}

impl<'a> Replica<'a> {
    pub(super) fn new(
        declared: &Declarations,
        patience: Duration,
        task: &'a mut dyn Task,
    ) -> Result<Replica<'a>, Failure> {
        let now = SystemTime::now().into();
        let store = variables::store(declared, DESCRIPTION.as_bytes(), None, now)?;
        let store = store.ok_or_else(|| {
            failed(format_args!("no variable is declared with &synchronized; nothing to do"))
        })?;
        // Shown only on a terminal.
        let progress = ProgressBar::new(store.names().count() as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} variables") {
            progress.set_style(style);
        }
        output::keep_below(&progress);
        let (sent, phase) = (BTreeSet::new(), Phase::Joining);
        Ok(Replica { store, sent, phase, patience, heard: None, progress, task })
    }

    /// Tells whether we are to give our state, which we never do.
    pub(super) fn is_asked_for_state(&self) -> bool {
        self.phase == Phase::AskedForState
    }

    /// Tells whether the peer has given its state.
    pub(super) fn has_begun(&self) -> bool {
        self.phase == Phase::Running
    }

    /// Carries out a part of the peer's state.
    fn take(&mut self, access: &StateAccess) {
        let result = self.store.apply_full(access);
        if self.is_told(result.map(drop)) {
            self.sent.extend(self.store.variables_of(&access.target));
            self.progress.set_position(self.sent.len() as u64);
        }
    }

    /// Carries out a change, of which the task is told.
    fn change(&mut self, access: &StateAccess, now: Time) -> Result<ControlFlow<()>, Failure> {
        // Afterwards a container may be part of no variable any more.
        let names = self.store.variables_of(&access.target);
        let result = self.store.apply(access);
        if !self.is_told(result.map(drop)) {
            return Ok(ControlFlow::Continue(()));
        }
        self.sent.extend(names.iter().cloned());
        self.task.changed(&names, access, now)
    }

    /// Tells what could not be carried out; variables that are not declared don't matter.
    fn is_told(&self, result: Result<(), StateError>) -> bool {
        match result {
            Ok(()) => return true,
            Err(StateError::UnknownTarget(_)) => {}
            Err(error) => {
                warn(format_args!("left out: {error}"));
            }
        }
        false
    }
}

impl Follow for Replica<'_> {
    fn told(&mut self, peer: &mut Peer, told: &Notification) -> Result<ControlFlow<()>, Failure> {
        let now = peer.now();
        self.heard = Some(Instant::now());
        match told {
            Notification::SyncStarted(SyncRole::Sender) => {
                self.phase = Phase::AskedForState;
                return Ok(ControlFlow::Break(()));
            }
            Notification::HandshakeDone => {
                self.progress.finish_and_clear();
                self.phase = Phase::Running;
                return self.task.begin(&mut self.store, &self.sent, peer);
            }
            Notification::StateAccess(access) if self.has_begun() => {
                return self.change(access, now);
            }
            Notification::StateAccess(access) => self.take(access),
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    }

    fn next_timeout(&self) -> Option<Time> {
        let heard = self.heard.filter(|_| !self.has_begun())?;
        Some(Time::from(SystemTime::now()) + self.patience.saturating_sub(heard.elapsed()))
    }

    fn due(&mut self, _: Time) -> Result<(), Failure> {
        // The wall clock may be set meanwhile.
        let since = *self.heard.get_or_insert_with(Instant::now);
        if self.has_begun() || since.elapsed() < self.patience {
            return Ok(());
        }
        self.progress.finish_and_clear();
        let seconds = self.patience.as_secs_f64();
        Err(failed(format_args!("the peer's state did not arrive: nothing came for {seconds} s")))
    }
}

/// What a variable holds, as a line of JSON.
#[derive(Serialize)]
struct Variable<'a> {
    name: &'a Name,
    #[serde(rename = "type")]
    ty: Option<String>,
    value: Option<Value>,
}

/// A change of a variable, as a line of JSON.
#[derive(Serialize)]
struct Change<'a> {
    t: f64,
    name: &'a Name,
    #[serde(flatten)]
    access: &'a StateAccess,
}

/// Where variables are shown, and how.
pub(super) struct Shown<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) json: bool,
}

impl Shown<'_> {
    /// Shows what a variable holds.
    pub(super) fn value(&mut self, store: &Store, name: &Name) -> io::Result<()> {
        let value = store.get(Path::to(name.clone())).ok();
        let printed = value.as_ref().map(printed::value);
        let printed = printed.as_deref().unwrap_or("<uninitialized>");
        let text = format!("{} = {printed}", printed::bytes(name));
        let ty = value.as_ref().map(|value| value.ty().to_string());
        self.line(&Variable { name, ty, value }, &text)
    }

    /// Shows a change of a variable, or of something within it.
    pub(super) fn change(
        &mut self,
        name: &Name,
        access: &StateAccess,
        now: Time,
    ) -> io::Result<()> {
        let text = Access { target: printed::bytes(name), ..Access::of(access) }.to_string();
        self.line(&Change { t: now.as_secs_f64(), name, access }, &text)
    }

    /// Writes a line at once, so that whoever reads a pipe sees it.
    pub(super) fn line(&mut self, object: &impl Serialize, text: &str) -> io::Result<()> {
        if self.json {
            serde_json::to_writer(&mut *self.out, object)?;
            self.out.write_all(b"\n")?;
        } else {
            writeln!(self.out, "{text}")?;
        }
        self.out.flush()
    }
}
