//! Tests of more than one part.

mod formats;
mod forms;
mod records;
mod sending;
