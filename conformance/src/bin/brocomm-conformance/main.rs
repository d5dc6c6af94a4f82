//! `brocomm-conformance`: checks implementations of the Bro 2.x Communication framework.
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

/// Checks whether an implementation of the Bro 2.x Communication framework does as the
/// specification says.
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
