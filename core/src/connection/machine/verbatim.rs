//! Commands for clients that serialize values themselves, as Broccoli's library allows.

use super::Connection;
use super::output::Output;
use crate::connection::{Command, Phase, UsageError};
use crate::data::Name;
use crate::wire::{EventNames, Message};

impl Connection {
    /// Sends the argument of a SERIAL unchanged, whether or not the peer has requested it. It must
    /// not refer to the object cache, its IDs must have the width that the peer expects (2§3), and
    /// it must be in the connection's data format.
    ///
    /// Create such arguments with a [`serial::Writer`](crate::lowlevel::serial::Writer) with a
    /// cache size of 0.
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] outside Running; [`UsageError::QueueFull`];
    /// [`UsageError::Unwritable`] beyond 1 GiB.
    pub fn send_serial(&mut self, argument: &[u8]) -> Result<(), UsageError> {
        if self.phase != Phase::Running {
            return Err(self.wrong_phase(Command::SendSerial));
        }
        Output::check_size(argument.len())?;
        self.output.check_room()?;
        self.output.serial(|_, out| {
            out.extend_from_slice(argument);
            Ok(())
        })
    }

    /// Requests events after the handshake. A Bro tolerates this (§3.7); other peers may not.
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] outside Running; [`UsageError::QueueFull`];
    /// [`UsageError::Unwritable`] beyond 1 GiB.
    pub fn request_events_late(&mut self, names: &[Name]) -> Result<(), UsageError> {
        if self.phase != Phase::Running {
            return Err(self.wrong_phase(Command::RequestEvents));
        }
        Output::check_size(names.iter().map(|name| name.len() + 1).sum())?;
        let request: EventNames = names.iter().map(|name| &**name).collect();
        if !request.is_empty() {
            self.output.check_room()?;
            self.ours.events.extend(names.iter().map(Name::compact));
            self.output.message(&Message::RequestEvents(request));
        }
        Ok(())
    }
}
