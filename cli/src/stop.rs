//! Ends in order on Ctrl-C and SIGTERM.

use std::collections::BTreeMap;
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use brocomm_std::StopHandle;
use tokio::runtime::Builder;

use crate::output::{self, GRACE};
use crate::signals::Ends;

/// What stops everything on a signal, if there is such a thing.
static ALL: OnceLock<Stop> = OnceLock::new();

/// The exit code of a program that a signal ends before it has anything to end in order.
const INTERRUPTED: i32 = 130;

/// Knows all that waits, to stop it at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Told when all is stopped.
    stopped: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    /// Without a handle it looks itself whether it is to stop.
    handles: BTreeMap<u64, Option<StopHandle>>,
    next: u64,
}

/// Forgets, when dropped, what no longer waits.
#[derive(Debug)]
pub(crate) struct Registered {
    stop: Stop,
    key: u64,
}

impl Stop {
    /// Returns what stops everything on the first Ctrl-C or SIGTERM, the same one each time. The
    /// second ends the program, and so does the first if nothing is there to be stopped.
    pub(crate) fn on_signal() -> Stop {
        ALL.get_or_init(Stop::begin).clone()
    }

    /// Stops all that would be stopped by a signal.
    pub(crate) fn all_if_any() {
        if let Some(stop) = ALL.get() {
            stop.all();
        }
    }

    fn begin() -> Stop {
        let stop = Stop::default();
        // Without a handler, for want of anything, signals end us at once.
        if let Ok(runtime) = Builder::new_current_thread().enable_all().build() {
            let ends = {
                let _within = runtime.enter();
                Ends::new()
            };
            let stop = stop.clone();
            thread::spawn(move || {
                let Ok(mut ends) = ends else { return };
                loop {
                    runtime.block_on(ends.next());
                    stop.signalled();
                }
            });
        }
        stop
    }

    fn signalled(&self) {
        let state = self.state();
        if state.stopped || state.handles.is_empty() {
            process::exit(INTERRUPTED);
        }
        drop(state);
        // Whoever waits for room there is to see that it stopped.
        output::end_by(Instant::now() + GRACE);
        self.all();
    }

    /// Stops everything, and what is added later.
    pub(crate) fn all(&self) {
        let mut state = self.state();
        state.stopped = true;
        state.handles.values().flatten().for_each(StopHandle::stop);
        self.0.stopped.notify_all();
    }

    /// Adds something to be stopped, as long as what is returned lives.
    #[must_use = "it is forgotten when this is dropped"]
    pub(crate) fn add(&self, handle: StopHandle) -> Registered {
        self.register(Some(handle))
    }

    /// Has signals wait for what looks itself whether it is to stop, as long as what is returned
    /// lives.
    #[must_use = "it is forgotten when this is dropped"]
    pub(crate) fn hold(&self) -> Registered {
        self.register(None)
    }

    fn register(&self, handle: Option<StopHandle>) -> Registered {
        let mut state = self.state();
        if state.stopped {
            handle.iter().for_each(StopHandle::stop);
        }
        let key = state.next;
        state.next += 1;
        state.handles.insert(key, handle);
        Registered { stop: self.clone(), key }
    }

    /// Waits for so long, or until everything is stopped.
    pub(crate) fn wait(&self, time: Duration) {
        let is_going_on = |state: &mut State| !state.stopped;
        // Whoever waits looks at what is so afterwards.
        let _ = self.0.stopped.wait_timeout_while(self.state(), time, is_going_on);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.stop.state().handles.remove(&self.key);
    }
}
