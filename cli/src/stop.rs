//! Stopping on Ctrl-C and SIGTERM.

use std::collections::BTreeMap;
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use brocomm_std::StopHandle;
use tokio::runtime::Builder;

use crate::output::{self, GRACE};
use crate::signals::Ends;

/// The handle that stops everything on a signal, if created.
static ALL: OnceLock<Stop> = OnceLock::new();

/// The exit code if a signal arrives when there is nothing to stop.
const INTERRUPTED: i32 = 130;

/// A list of everything that waits, so that all of it can be stopped at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Notified when everything is stopped.
    stopped: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    /// An entry without a handle checks by itself whether to stop.
    handles: BTreeMap<u64, Option<StopHandle>>,
    next: u64,
}

/// Removes an entry when dropped.
#[derive(Debug)]
pub(crate) struct Registered {
    stop: Stop,
    key: u64,
}

impl Stop {
    /// Returns the handle that stops everything on the first Ctrl-C or SIGTERM; always the same
    /// one. The second signal ends the program, and so does the first if there is nothing to stop.
    pub(crate) fn on_signal() -> Stop {
        ALL.get_or_init(Stop::begin).clone()
    }

    /// Stops everything that a signal would stop.
    pub(crate) fn all_if_any() {
        if let Some(stop) = ALL.get() {
            stop.all();
        }
    }

    fn begin() -> Stop {
        let stop = Stop::default();
        // If the handler cannot be installed, signals end the program at once.
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
                    stop.signaled();
                }
            });
        }
        stop
    }

    fn signaled(&self) {
        let state = self.state();
        if state.stopped || state.handles.is_empty() {
            process::exit(INTERRUPTED);
        }
        drop(state);
        // Wakes those that wait for room in the output.
        output::end_by(Instant::now() + GRACE);
        self.all();
    }

    /// Stops everything, including what is added later.
    pub(crate) fn all(&self) {
        let mut state = self.state();
        state.stopped = true;
        state.handles.values().flatten().for_each(StopHandle::stop);
        self.0.stopped.notify_all();
    }

    /// Adds something to stop, until the returned value is dropped.
    #[must_use = "dropping this removes the entry"]
    pub(crate) fn add(&self, handle: StopHandle) -> Registered {
        self.register(Some(handle))
    }

    /// Adds an entry that checks by itself whether to stop, until the returned value is dropped.
    #[must_use = "dropping this removes the entry"]
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

    /// Waits for this time, or until everything is stopped.
    pub(crate) fn wait(&self, time: Duration) {
        let is_going_on = |state: &mut State| !state.stopped;
        // The caller checks the state afterward.
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
