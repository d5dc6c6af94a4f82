//! Helpers for tests with recordings: splitting streams and comparing printed values.

mod logs;
mod printed;
mod splits;

// Only for the tests of this workspace.
#[doc(hidden)]
pub use logs::without_times;
pub use printed::{PrintedDifference, compare_printed};
pub use splits::{byte_by_byte, random_split, splits, two_way};
