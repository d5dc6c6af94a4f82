//! Tests of several modules together.

mod formats;
mod forms;
mod records;
mod sending;
