//! Sync: one side sends its state, the other waits (§3.4).

use super::running::Sent;
use super::{
    CommLogMessage, Command, Connection, Notification, Phase, StateSource, SyncRole, UsageError,
};
use crate::data::StateAccess;
use crate::wire::Message;

impl Connection {
    /// Sends an operation on synchronized state: in Sync as the sender its state, one
    /// [`Assign`](crate::data::Opcode::Assign) per variable (§3.4), in Running a change of it
    /// (§3.5).
    ///
    /// If the target is a declared variable, coerces the operands to the declared types. An
    /// operation on a container by its unique ID is sent unchanged.
    ///
    /// # Errors
    /// [`UsageError::Variable`]; [`UsageError::QueueFull`]; [`UsageError::Unwritable`].
    pub fn send_state_access(&mut self, access: &StateAccess) -> Result<Sent, UsageError> {
        let coerced = self.config.declarations.coerce_access(access).map_err(Box::new)?;
        self.send_checked_access(coerced.as_ref().unwrap_or(access))
    }

    /// Sends an operation on state that was already checked.
    pub(crate) fn send_checked_access(&mut self, access: &StateAccess) -> Result<Sent, UsageError> {
        match self.phase {
            Phase::Sync(SyncRole::Sender) | Phase::Running => {}
            _ => {
                self.counters.not_running += 1;
                return Ok(Sent::NotRunning);
            }
        }
        if self.peer.sync.is_none() {
            return Ok(Sent::NotRequested);
        }
        self.output.check_room()?;
        let mode = self.write_mode();
        self.output.serial(|writer, argument| writer.state_access(mode, access, argument))?;
        self.counters.accesses_sent += 1;
        Ok(Sent::Sent)
    }

    /// Ends the sending of our state: sends PHASE_DONE and enters Running (§3.4).
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] unless we are the sender in Sync.
    pub fn state_done(&mut self) -> Result<(), UsageError> {
        if self.phase != Phase::Sync(SyncRole::Sender) {
            return Err(self.wrong_phase(Command::StateDone));
        }
        self.log(CommLogMessage::DoneFullState);
        self.output.message(&Message::PhaseDone);
        self.enter_running();
        Ok(())
    }

    pub(super) fn enter_sync(&mut self, role: SyncRole) {
        self.phase = Phase::Sync(role);
        self.notify(Notification::SyncStarted(role));
        if role == SyncRole::Sender {
            self.log(CommLogMessage::StartingFullState);
            if self.config.state == StateSource::None {
                // We are the sender, so this cannot fail.
                let _ = self.state_done();
            }
        }
    }
}
