//! Tests of several modules together.

mod entries;
mod formats;
mod forms;
mod records;
mod sending;
