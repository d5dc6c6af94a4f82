//! Stopping a blocking call from another thread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::{Poll, Token, Waker};

/// The token of the waker. No socket has it.
const WAKER: Token = Token(0);

/// Stops a [`Peer`](crate::Peer) or a [`Listener`](crate::Listener) from another thread.
///
/// Cheap to clone. A stop cannot be undone. Does nothing after the peer or listener is dropped.
#[derive(Debug, Clone)]
pub struct StopHandle {
    stopped: Arc<AtomicBool>,
    waker: Arc<Waker>,
}

impl StopHandle {
    pub(crate) fn new(poll: &Poll) -> io::Result<StopHandle> {
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        Ok(StopHandle { stopped: Arc::default(), waker })
    }

    /// Makes the current blocking call return, and later ones return without waiting.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Fails only if the poller is gone, and then no call is waiting.
        let _ = self.waker.wake();
    }

    /// Returns whether [`stop`](Self::stop) has been called.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}
