//! Helps tests of every package: splits of a stream, and comparison of printed values and logs.

mod logs;
mod printed;
mod splits;

pub use logs::without_times;
pub use printed::{PrintedDifference, compare_printed};
pub use splits::{byte_by_byte, random_split, splits, two_way};
