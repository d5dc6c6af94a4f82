//! A replica of a peer's variables.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use brocomm::Time;
use brocomm::data::{Declarations, Name, Type, Value};
use brocomm::lowlevel::connection::ConnectionNotification;
use brocomm::lowlevel::serial::{Opcode, StateAccess};
use brocomm::lowlevel::state::Applied;
use brocomm::node::SyncRole;
use brocomm::state::{Path, StateError, Store};
use brocomm_std::Peer;
use serde::Serialize;

use super::agree::holds_other_types;
use super::task::Task;
use crate::decode::{Access, printed};
use crate::failure::{Failure, failed, misused, warn};
use crate::follow::Follow;
use crate::pretty;
use crate::progress::Progress;
use crate::session::DESCRIPTION;
use crate::variables;

/// The state that the peer has sent so far.
pub(super) struct Replica<'a> {
    pub(super) store: Store,
    given: Given,
    phase: Phase,
    /// The maximum silence before the peer has sent its state, and the start of the silence.
    patience: Duration,
    heard: Option<Instant>,
    progress: Progress,
    task: &'a mut dyn Task,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Joining,
    /// The peer requests our state.
    AskedForState,
    /// The peer has sent its state.
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
            misused(format_args!(
                "no variable is declared with &synchronized in --declarations or --config; nothing \
                 to do"
            ))
        })?;
        let progress = Progress::of_variables(store.names().count() as u64);
        let declared = declared.globals.iter();
        let declared = declared.map(|global| (global.name.clone(), global.ty.clone())).collect();
        let (given, phase) = (Given { declared, ..Given::default() }, Phase::Joining);
        Ok(Replica { store, given, phase, patience, heard: None, progress, task })
    }

    /// Returns whether the peer requests our state, which is never sent.
    pub(super) fn is_asked_for_state(&self) -> bool {
        self.phase == Phase::AskedForState
    }

    /// Returns whether the peer has sent its state.
    pub(super) fn has_begun(&self) -> bool {
        self.phase == Phase::Running
    }

    /// Applies a part of the peer's state.
    fn take(&mut self, access: &StateAccess) {
        let result = self.store.apply_full(access);
        if access.opcode == Opcode::Assign {
            self.given.take(access, result.as_ref().err());
            self.progress.set(self.given.types.len() as u64);
        }
        self.is_told(result);
    }

    /// Applies a change and notifies the task.
    fn change(&mut self, access: &StateAccess, now: Time) -> Result<ControlFlow<()>, Failure> {
        // After the change, the container may no longer be part of a variable.
        let names = self.store.variables_of(&access.target);
        let result = self.store.apply(access);
        if !self.is_told(result) {
            return Ok(ControlFlow::Continue(()));
        }
        self.task.changed(&names, access, now)
    }

    /// Returns whether the change was applied. Undeclared variables are ignored.
    fn is_told(&mut self, result: Result<Applied, StateError>) -> bool {
        match result {
            Ok(applied) => {
                let aliases = applied.aliases.into_iter().map(|alias| (alias.ours, alias.theirs));
                self.given.aliases.extend(aliases);
                return true;
            }
            Err(StateError::UnknownTarget(_)) => {}
            // Reported by the task that wants the variable, after the peer's state has arrived.
            Err(StateError::Type { target, .. }) if self.given.misfits.contains_key(&target) => {}
            Err(error) => {
                warn(format_args!("left out: {error}"));
            }
        }
        false
    }
}

impl Follow for Replica<'_> {
    fn notified(
        &mut self,
        peer: &mut Peer,
        notification: &ConnectionNotification,
    ) -> Result<ControlFlow<()>, Failure> {
        let now = peer.now();
        self.heard = Some(Instant::now());
        match notification {
            ConnectionNotification::SyncStarted(SyncRole::Sender) => {
                self.phase = Phase::AskedForState;
                return Ok(ControlFlow::Break(()));
            }
            ConnectionNotification::HandshakeDone => {
                self.progress.end();
                self.phase = Phase::Running;
                return self.task.begin(&mut self.store, &self.given, peer);
            }
            ConnectionNotification::StateAccess(access) if self.has_begun() => {
                return self.change(access, now);
            }
            ConnectionNotification::StateAccess(access) => self.take(access),
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    }

    fn next_timeout(&self) -> Option<Time> {
        let heard = self.heard.filter(|_| !self.has_begun())?;
        Some(Time::from(SystemTime::now()) + self.patience.saturating_sub(heard.elapsed()))
    }

    fn due(&mut self, _: Time) -> Result<(), Failure> {
        // Not the wall clock, which can be set meanwhile.
        let since = *self.heard.get_or_insert_with(Instant::now);
        if self.has_begun() || since.elapsed() < self.patience {
            return Ok(());
        }
        self.progress.end();
        let seconds = self.patience.as_secs_f64();
        Err(failed(format_args!(
            "the peer's state did not arrive: nothing arrived for {seconds} s; `brocomm doctor` \
             says how far the connection gets"
        )))
    }
}

/// A variable as a JSON line.
#[derive(Serialize)]
struct Variable<'a> {
    name: &'a Name,
    #[serde(rename = "type")]
    ty: Option<String>,
    value: Option<Value>,
}

/// A change of a variable as a JSON line.
#[derive(Serialize)]
struct Change<'a> {
    t: f64,
    name: &'a Name,
    #[serde(flatten)]
    access: &'a StateAccess,
}

/// The state that the peer has sent.
#[derive(Default)]
pub(super) struct Given {
    /// The declared types of the variables.
    declared: BTreeMap<Name, Type>,
    /// The types of the values that the peer has sent.
    types: BTreeMap<Name, Type>,
    /// Why a value does not have the declared type.
    misfits: BTreeMap<Name, String>,
    /// The peer's unique IDs of containers, by our own IDs.
    aliases: BTreeMap<Name, Name>,
    /// The unique IDs of containers without a type, which accept no elements at the peer.
    open: BTreeSet<Name>,
}

impl Given {
    /// Records the value of a variable, or why it was not accepted.
    fn take(&mut self, access: &StateAccess, error: Option<&StateError>) {
        let Some(declared) = self.declared.get(&access.target) else { return };
        let (name, found) = (access.target.compact(), access.op1.ty());
        let error = match error {
            Some(StateError::Type { error, .. }) => Some(error),
            _ => None,
        };
        if error.is_some() || holds_other_types(declared, &found) {
            let (declared, shown) = (declared.to_string(), found.to_string());
            let why = error.filter(|_| declared == shown).map(|error| format!(": {error}"));
            let why = why.unwrap_or_default();
            let misfit =
                format!("{name} is declared as {declared}, but the peer's is of type {shown}{why}");
            self.misfits.insert(name.clone(), misfit);
        }
        self.open.extend(access.open_containers());
        self.types.insert(name, found);
    }

    /// Returns whether the container that an operation changes has no type at the peer yet.
    pub(super) fn is_open(&self, access: &StateAccess) -> bool {
        self.open.contains(&access.target)
    }

    /// Returns the type of the peer's value of a variable.
    pub(super) fn type_of(&self, name: &Name) -> Option<&Type> {
        self.types.get(name)
    }

    /// Returns why the peer's value of a variable does not have the declared type.
    pub(super) fn misfit(&self, name: &Name) -> Option<&str> {
        self.misfits.get(name).map(String::as_str)
    }

    /// Rewrites the target of an operation to an ID that the peer knows.
    pub(super) fn addressed(&self, access: StateAccess) -> StateAccess {
        match self.aliases.get(&access.target) {
            Some(target) => StateAccess { target: target.clone(), ..access },
            None => access,
        }
    }
}

/// The output of variables.
pub(super) struct Shown<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) json: bool,
    /// Whether the output is a terminal, where tables may take several lines.
    pub(super) lines: bool,
}

impl Shown<'_> {
    /// Prints the value of a variable.
    pub(super) fn value(&mut self, store: &Store, name: &Name) -> io::Result<()> {
        let value = store.get(Path::to(name.clone())).ok();
        let text = match &value {
            Some(value) if self.lines => pretty::value(value),
            Some(value) => printed::value(value),
            None => "<uninitialized>".to_owned(),
        };
        let text = format!("{} = {text}", printed::bytes(name));
        let ty = value.as_ref().map(|value| value.ty().to_string());
        self.line(&Variable { name, ty, value }, &text)
    }

    /// Prints a change of a variable or of a part of it.
    pub(super) fn change(
        &mut self,
        name: &Name,
        access: &StateAccess,
        now: Time,
    ) -> io::Result<()> {
        let text = Access { target: printed::bytes(name), ..Access::of(access) }.to_string();
        self.line(&Change { t: now.as_secs_f64(), name, access }, &text)
    }

    /// Writes a line and flushes.
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
