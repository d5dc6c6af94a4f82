//! Tracks forks. Only the process that opened a connection reads from it, and processes that share
//! one must not write at the same time.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The number of forks between this process and the first one.
static GENERATION: AtomicU32 = AtomicU32::new(0);
/// Whether there are processes that may share connections with this one.
static SHARED: AtomicBool = AtomicBool::new(false);

extern "C" fn in_parent() {
    SHARED.store(true, Ordering::Relaxed);
}

extern "C" fn in_child() {
    SHARED.store(true, Ordering::Relaxed);
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Starts to track forks.
pub(crate) fn watch() {
    static WATCH: Once = Once::new();
    // SAFETY: the functions only store values, and live as long as the program, because the library
    // is never unloaded.
    WATCH.call_once(|| unsafe {
        libc::pthread_atfork(None, Some(in_parent), Some(in_child));
    });
}

/// Returns a number that changes in each process forked since.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Returns whether this process has forked or was forked.
pub(crate) fn is_shared() -> bool {
    SHARED.load(Ordering::Relaxed)
}
