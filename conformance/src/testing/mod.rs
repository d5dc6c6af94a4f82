//! Helps tests that read recordings: splits of a stream, and comparison of printed values.

mod logs;
mod printed;
mod splits;

// Only for the tests of this workspace.
#[doc(hidden)]
pub use logs::without_times;
pub use printed::{PrintedDifference, compare_printed};
pub use splits::{byte_by_byte, random_split, splits, two_way};
