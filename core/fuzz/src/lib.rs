//! Shared code of the fuzz targets: a memory meter, and the other end of TLS.

pub mod tls;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Meter;

static USED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn add(bytes: usize) {
    let used = USED.fetch_add(bytes, Relaxed).wrapping_add(bytes);
    PEAK.fetch_max(used, Relaxed);
}

// SAFETY: all work is the system allocator's.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: as our caller guarantees.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        USED.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as our caller guarantees.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both blocks may exist for a moment.
        add(size);
        // SAFETY: as our caller guarantees.
        let memory = unsafe { System.realloc(memory, layout, size) };
        USED.fetch_sub(layout.size(), Relaxed);
        memory
    }
}

#[global_allocator]
static METER: Meter = Meter;

/// Does some work and asserts that it never holds more than so many bytes beyond what was held
/// before.
pub fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let before = USED.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = work();
    let peak = PEAK.load(Relaxed).saturating_sub(before);
    assert!(peak <= bytes, "{peak} bytes of memory, {bytes} are allowed");
    result
}
