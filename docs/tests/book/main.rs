//! What the book says is so.
//!
//! * [`tutorial`]: each command of the tutorial does what the page says that it does.
//! * [`configurations`]: each configuration of a node is one, and the reference is the program's.
//! * [`code`]: the code in the pages is that of the examples.
//! * [`commands`]: each command line that begins with `brocomm` parses.
//! * [`examples`]: each program of the book runs. That it compiles, cargo sees to.
//! * [`names`]: what the book names is there.
//! * [`readers`]: each short program of Rust types runs.
//! * [`packaging`]: the commands in `packaging` parse, and the unit is one.
//! * `tls`, with the feature of that name: the certificates are good for what they are made for.
//! * [`links`]: each page is in the summary, and each link and each inclusion leads somewhere.
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
mod program;
mod readers;
mod terminal;
#[cfg(feature = "tls")]
mod tls;
mod tutorial;
