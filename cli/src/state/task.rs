//! The tasks of the subcommands.

use std::ops::ControlFlow;

use brocomm::Time;
use brocomm::data::Name;
use brocomm::lowlevel::serial::StateAccess;
use brocomm::state::Store;
use brocomm_std::Peer;

use super::replica::{Given, Shown};
use crate::failure::{Failure, failed, warn};
use crate::follow::End;

/// A request by signal.
pub(super) trait Task {
    /// Called when the peer has sent its state.
    fn begin(
        &mut self,
        store: &mut Store,
        given: &Given,
        peer: &mut Peer,
    ) -> Result<ControlFlow<()>, Failure>;

    /// Called for a change of a part of these variables.
    fn changed(
        &mut self,
        _: &[Name],
        _: &StateAccess,
        _: Time,
    ) -> Result<ControlFlow<()>, Failure> {
        Ok(ControlFlow::Continue(()))
    }

    /// Returns whether a signal is a normal end even before the peer has sent its state.
    fn ends_with_signals(&self) -> bool {
        false
    }

    /// Called at the end.
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
        given: &Given,
        _: &mut Peer,
    ) -> Result<ControlFlow<()>, Failure> {
        let mut missing = None;
        for name in wanted(store, self.names) {
            if let Some(misfit) = given.misfit(&name) {
                missing = Some(failed(format_args!("{misfit}")));
            } else if given.type_of(&name).is_some() {
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
    /// The number of changes left, if limited.
    pub(super) left: Option<u64>,
    pub(super) shown: Shown<'a>,
}

impl Task for Watch<'_> {
    fn begin(
        &mut self,
        store: &mut Store,
        given: &Given,
        _: &mut Peer,
    ) -> Result<ControlFlow<()>, Failure> {
        for name in wanted(store, self.names) {
            if let Some(misfit) = given.misfit(&name) {
                warn(format_args!("{misfit}; its changes are left out"));
            } else if given.type_of(&name).is_some() {
                self.shown.value(store, &name)?;
            }
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

/// Returns the requested variables in order, or all if none is named.
fn wanted(store: &Store, names: &[String]) -> Vec<Name> {
    match names {
        [] => store.names().cloned().collect(),
        names => names.iter().map(|name| Name::from(name.as_str())).collect(),
    }
}
