//! Remote logs (part 3): declared, sent, received and written.

mod ascii;
mod calendar;
mod field;
mod format;
mod json;
mod number;
mod rotation;
#[cfg(test)]
mod tests;
mod value;

pub use ascii::AsciiFormat;
pub use field::LogField;
pub use format::LogFormat;
pub use json::{JsonFormat, JsonTimestamps};
pub use rotation::{Rotation, file_name};
pub use value::LogValue;
