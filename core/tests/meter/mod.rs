//! Measures peak memory and allocations. Each thread counts separately, so the results are exact.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Meter;

#[derive(Clone, Copy)]
struct Counts {
    allocations: u64,
    held: isize,
    peak: isize,
}

thread_local! {
    static COUNTS: Cell<Counts> = const { Cell::new(Counts { allocations: 0, held: 0, peak: 0 }) };
}

// Every allocation of the tests counts, so this accesses the counts only once.
fn count(allocations: u64, bytes: isize) {
    COUNTS.with(|counts| {
        let Counts { allocations: before, held, peak } = counts.get();
        let held = held.wrapping_add(bytes);
        let peak = if held > peak { held } else { peak };
        counts.set(Counts { allocations: before + allocations, held, peak });
    });
}

// SAFETY: forwards every call to the system allocator.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as isize);
        // SAFETY: as our caller guarantees.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(0, -(layout.size() as isize));
        // SAFETY: as our caller guarantees.
        unsafe { System.dealloc(memory, layout) }
    }

    // Counts as if the memory always moved.
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size as isize);
        count(0, -(layout.size() as isize));
        // SAFETY: as our caller guarantees.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static METER: Meter = Meter;

/// Returns how many bytes this thread has allocated minus those that it has freed. Freeing memory
/// of other threads lowers it.
pub(crate) fn held() -> isize {
    COUNTS.get().held
}

/// Runs `work`; returns its result and the peak of additional memory in bytes.
pub(crate) fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = COUNTS.get();
    COUNTS.set(Counts { peak: before.held, ..before });
    let result = work();
    (result, usize::try_from(COUNTS.get().peak - before.held).unwrap_or(0))
}

/// Runs `work`; returns the number of its allocations.
pub(crate) fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNTS.get().allocations;
    work();
    COUNTS.get().allocations - before
}
