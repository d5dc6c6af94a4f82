//! Tests that the book is correct.
//!
//! * [`tutorial`]: each command of the tutorial does what the page says.
//! * [`configurations`]: each configuration is valid, and the reference is the program's output.
//! * [`code`]: the code in the pages is copied from the examples.
//! * [`commands`]: each command line that begins with `brocomm` parses.
//! * [`examples`]: each program in the book runs. Cargo compiles them.
//! * [`names`]: the items that the book names exist.
//! * [`readers`]: each short program with Rust types runs.
//! * [`performance`]: the figures are the recorded ones.
//! * [`packaging`]: the commands in `packaging` parse, and the systemd unit is valid.
//! * `tls`, with the feature of that name: the certificates created by the page's commands work.
//! * [`links`]: each page is in the summary, and each link and include has a target.
#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "these are tests")]

mod code;
mod commands;
mod configurations;
mod examples;
mod links;
mod names;
mod packaging;
mod pages;
mod performance;
mod program;
mod readers;
mod terminal;
#[cfg(feature = "tls")]
mod tls;
mod tutorial;
