//! The program `brocomm-conformance`, a conformance suite for the Communication framework of Bro
//! 2.5.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a program")]

mod exploring;
mod html;
mod json;
mod junit;
mod listing;
mod running;
mod serving;
mod tested;
mod text;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tests implementations of Bro 2.5's Communication framework against the specification.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(running::Args),
    Explore(exploring::Args),
    List(listing::ListArgs),
    Show(listing::ShowArgs),
    Serve(serving::Args),
}

fn main() -> ExitCode {
    match Args::parse().command {
        Command::Run(args) => running::run(&args),
        Command::Explore(args) => exploring::explore(&args),
        Command::List(args) => listing::list(&args),
        Command::Show(args) => listing::show(&args),
        Command::Serve(args) => serving::serve(&args),
    }
}
