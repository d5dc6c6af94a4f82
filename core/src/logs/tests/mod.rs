//! Tests of more than one part.

mod entries;
mod formats;
mod forms;
mod records;
mod sending;
