//! Notes when processes are forked: a connection is read by the process that made it only, and
//! processes that share one must not write at the same time.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How often this process was forked off, its parents included.
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

/// Begins to note forks.
pub(crate) fn watch() {
    static WATCH: Once = Once::new();
    // SAFETY: functions that only store, and live as long as the program: the library that they are
    // in stays loaded.
    WATCH.call_once(|| unsafe {
        libc::pthread_atfork(None, Some(in_parent), Some(in_child));
    });
}

/// Returns a number that is another in each process that was forked off since.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Returns whether this process has forked, or was.
pub(crate) fn is_shared() -> bool {
    SHARED.load(Ordering::Relaxed)
}
