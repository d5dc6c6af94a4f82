//! What is done with a peer's variables once they are known.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use brocomm::Time;
use brocomm::connection::Sent;
use brocomm::data::{Name, StateAccess, Value};
use brocomm::state::{Path, Store};
use brocomm_std::Peer;
use serde_json::{Value as Json, json};

use super::replica::Shown;
use crate::decode::printed;
use crate::failure::{Failure, failed, warn};
use crate::follow::End;

/// What is asked for.
pub(super) trait Task {
    /// Begins, as soon as the peer has given its state.
    fn begin(
        &mut self,
        store: &mut Store,
        sent: &BTreeSet<Name>,
        peer: &mut Peer,
    ) -> Result<ControlFlow<()>, Failure>;

    /// Takes a change of something that is part of these variables.
    fn changed(
        &mut self,
        _: &[Name],
        _: &StateAccess,
        _: Time,
    ) -> Result<ControlFlow<()>, Failure> {
        Ok(ControlFlow::Continue(()))
    }

    /// Tells whether a signal ends it in order even before the peer has given its state.
    fn ends_with_signals(&self) -> bool {
        false
    }

    /// Says what came of it.
    fn end(&mut self, _: End) -> Result<(), Failure> {
        Ok(())
    }
}

/// Prints variables.
pub(super) struct Get<'a> {
    pub(super) names: &'a [String],
    pub(super) shown: Shown<'a>,
}

impl Task for Get<'_> {
    fn begin(
        &mut self,
        store: &mut Store,
        sent: &BTreeSet<Name>,
        _: &mut Peer,
    ) -> Result<ControlFlow<()>, Failure> {
        let mut missing = None;
        for name in wanted(store, self.names) {
            if sent.contains(&name) {
                self.shown.value(store, &name)?;
            } else if !self.names.is_empty() {
                missing = Some(failed(format_args!("the peer has no {name}, or no value for it")));
            }
        }
        missing.map_or(Ok(ControlFlow::Break(())), Err)
    }
}

/// Prints variables and their changes.
pub(super) struct Watch<'a> {
    pub(super) names: &'a [String],
    /// How many changes are to come, if that is limited.
    pub(super) left: Option<u64>,
    pub(super) shown: Shown<'a>,
}

impl Task for Watch<'_> {
    fn begin(
        &mut self,
        store: &mut Store,
        sent: &BTreeSet<Name>,
        _: &mut Peer,
    ) -> Result<ControlFlow<()>, Failure> {
        for name in wanted(store, self.names).iter().filter(|name| sent.contains(*name)) {
            self.shown.value(store, name)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn changed(
        &mut self,
        names: &[Name],
        access: &StateAccess,
        now: Time,
    ) -> Result<ControlFlow<()>, Failure> {
        let is_wanted = |name: &Name| {
            self.names.is_empty() || self.names.iter().any(|wanted| *name == wanted.as_str())
        };
        for name in names.iter().filter(|name| is_wanted(name)) {
            self.shown.change(name, access, now)?;
            if let Some(left) = &mut self.left {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn ends_with_signals(&self) -> bool {
        true
    }

    fn end(&mut self, end: End) -> Result<(), Failure> {
        match self.left {
            Some(left) if left > 0 && end == End::ByPeer => {
                Err(failed(format_args!("the peer closed the connection {left} changes too early")))
            }
            _ => Ok(()),
        }
    }
}

/// Changes a variable.
pub(super) struct Set<'a> {
    pub(super) name: &'a str,
    pub(super) value: Value,
    pub(super) shown: Shown<'a>,
    /// What to say when the peer has taken the change.
    pub(super) line: Option<(Json, String)>,
}

impl Task for Set<'_> {
    fn begin(
        &mut self,
        store: &mut Store,
        sent: &BTreeSet<Name>,
        peer: &mut Peer,
    ) -> Result<ControlFlow<()>, Failure> {
        let name = Name::from(self.name);
        if !peer.connection().is_sync_requested() {
            return Err(failed(format_args!(
                "nothing sent: the peer takes no changes of its state from us; a Bro needs \
                 `$sync=T` in its entry for us"
            )));
        }
        let old = sent.contains(&name).then(|| store.get(Path::to(name.clone())).ok()).flatten();
        if old.is_none() {
            warn(format_args!("the peer had no value for {name}, and may not know it"));
        }
        let refused = |error: &dyn std::fmt::Display| failed(format_args!("nothing sent: {error}"));
        let access = store
            .assign(Path::to(name.clone()), self.value.clone())
            .map_err(|error| refused(&error))?;
        let Some(access) = access else {
            return Err(refused(&format_args!("{name} is not &synchronized")));
        };
        match peer.connection_mut().send_state_access(&access) {
            Ok(Sent::Sent) => {}
            Ok(why) => return Err(refused(&format_args!("{why:?}"))),
            Err(error) => return Err(refused(&error)),
        }
        let ty = self.value.ty().to_string();
        let object = json!({ "name": self.name, "type": ty, "value": self.value, "was": old });
        let (value, was) = (printed::value(&self.value), old.as_ref().map(printed::value));
        let was = was.map(|was| format!(" (was {was})")).unwrap_or_default();
        self.line = Some((object, format!("set {name} = {value}{was}")));
        Ok(ControlFlow::Break(()))
    }

    fn end(&mut self, end: End) -> Result<(), Failure> {
        match (end, self.line.take()) {
            (End::Here { all_written: true }, Some((object, text))) => {
                Ok(self.shown.line(&object, &text)?)
            }
            _ => Err(failed(format_args!("the peer did not take the change of {}", self.name))),
        }
    }
}

/// Returns the variables that are asked for, in order; all, if none is named.
fn wanted(store: &Store, names: &[String]) -> Vec<Name> {
    match names {
        [] => store.names().cloned().collect(),
        names => names.iter().map(|name| Name::from(name.as_str())).collect(),
    }
}
