//! Tests of more than one part.

mod formats;
mod records;
mod sending;
