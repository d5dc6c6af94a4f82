//! What signals ask of a running node.

use std::future::pending;

use tokio::signal;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::{Failure, failed};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    /// End in order; at once, if asked for again.
    End,
    /// Show the peers.
    ShowPeers,
}

/// Waits for signals.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    user: Signal,
}

impl Signals {
    pub(super) fn new() -> Result<Signals, Failure> {
        #[cfg(unix)]
        {
            let on = |kind| {
                signal(kind).map_err(|error| failed(format_args!("cannot take signals: {error}")))
            };
            Ok(Signals {
                terminate: on(SignalKind::terminate())?,
                user: on(SignalKind::user_defined1())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Signals {})
    }

    /// Returns what the next signal asks for; can be dropped at any time.
    pub(super) async fn next(&mut self) -> Control {
        #[cfg(unix)]
        let (terminate, user) = (self.terminate.recv(), self.user.recv());
        #[cfg(not(unix))]
        let (terminate, user) = (pending::<Option<()>>(), pending::<Option<()>>());
        tokio::select! {
            Some(()) = terminate => Control::End,
            Some(()) = user => Control::ShowPeers,
            Ok(()) = signal::ctrl_c() => Control::End,
            else => pending().await,
        }
    }
}
