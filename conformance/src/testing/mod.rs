//! Helpers for tests with recordings: splitting streams and comparing printed values.

mod logs;
mod printed;
mod splits;

/// Returns whether slow tests check everything, as `.ci/run` requests with `BROCOMM_TEST_ALL=1`. By
/// default they check a part.
#[doc(hidden)]
pub fn is_thorough() -> bool {
    std::env::var_os("BROCOMM_TEST_ALL").is_some()
}

// Only for the tests of this workspace.
#[doc(hidden)]
pub use logs::without_times;
pub use printed::{PrintedDifference, compare_printed};
pub use splits::{byte_by_byte, random_split, splits, two_way};
