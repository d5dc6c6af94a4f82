//! The program `brocomm`, a command-line tool for the Communication framework of Bro 2.5.
//!
//! Each subcommand is a module with its arguments and a function `run` that writes to the given
//! output. This file chooses the exit code.
#![forbid(unsafe_code)]
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the comments on arguments are help texts, in plain text"
)]

mod address;
mod args;
mod bench;
mod bridge;
mod built_in;
mod call;
mod capture;
mod certificate;
mod clock;
mod cluster;
mod columns;
mod config;
mod connect;
mod control;
mod declare;
mod decode;
mod demo;
mod diagnosis;
mod doctor;
mod failure;
mod fields;
mod file;
mod follow;
mod input;
mod listen;
mod literal;
mod log_folder;
mod logging;
mod logs;
mod manual;
mod notice;
mod number;
mod output;
mod packets;
mod pcap;
mod ping;
mod pretty;
mod print;
mod printer;
mod progress;
mod rates;
mod replay;
mod request;
mod run;
mod scripts;
mod send;
mod session;
mod signals;
mod snapshot;
mod spool;
mod state;
mod stop;
mod style;
mod tail;
mod tls;
mod top;
mod variables;
mod zeek;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use failure::{Failure, reason, tell};
use output::Overflow;

fn main() -> ExitCode {
    let Cli { command, logging } = Cli::parse();
    let stdout: Box<dyn Write> = match &command {
        // These read and print in turn, and may show progress.
        Command::Decode(_) | Command::Config(_) | Command::Completions(_) | Command::Man(_) => {
            logging.begin();
            Box::new(io::stdout().lock())
        }
        // A node must not block when standard error is not read. Other commands may.
        Command::Run(_) | Command::Bridge(_) => {
            logging.begin_on(output::stderr(logging.drops()));
            Box::new(output::stdout().clone())
        }
        _ => {
            logging.begin_on(output::stderr(Overflow::Wait));
            Box::new(output::stdout().clone())
        }
    };
    // A terminal gets each line immediately, a pipe or file whole buffers.
    let mut out: Box<dyn Write> = if io::stdout().is_terminal() {
        stdout
    } else {
        Box::new(BufWriter::with_capacity(1 << 16, stdout))
    };
    let result = match &command {
        Command::Decode(args) => decode::run(args, &mut out),
        Command::Listen(args) => listen::run(args, &mut out),
        Command::Connect(args) => connect::run(args, &mut out),
        Command::Replay(args) => replay::run(args, &mut out),
        Command::Run(args) => run::run(args, &mut out),
        Command::Bridge(args) => bridge::run(args, &mut out),
        Command::Zeek(args) => zeek::run(args, &mut out),
        Command::Send(args) => send::run(args, &mut out),
        Command::Bench(args) => bench::run(args, &mut out),
        Command::Ping(args) => ping::run(args, &mut out),
        Command::Logs(args) => logs::run(args, &mut out),
        Command::State(args) => state::run(args, &mut out),
        Command::Tail(args) => tail::run(args, &mut out),
        Command::Spool(args) => spool::run(args, &mut out),
        Command::Print(args) => print::run(args, &mut out),
        Command::Config(args) => config::run(args, &mut out),
        Command::Doctor(args) => doctor::run(args, &mut out),
        Command::Control(args) => control::run(args, &mut out),
        Command::Request(args) => request::run(args, &mut out),
        Command::Cluster(args) => cluster::run(args, &mut out),
        Command::Top(args) => top::run(args, &mut out),
        Command::Completions(args) => manual::completions(args, &mut out),
        Command::Man(args) => manual::man(args),
        Command::Demo(args) => demo::run(args, &mut out),
    };
    let code = end(ended(result, out));
    output::finish_messages();
    code
}

/// Waits until all output is written, even if the command failed.
fn ended(result: Result<(), Failure>, mut out: Box<dyn Write>) -> Result<(), Failure> {
    let flushed = out.flush();
    // Output that could not be flushed is lost.
    drop(out);
    let written = flushed.and_then(|()| output::finish()).map_err(Failure::Output);
    match result {
        // The error of the writer thread is the original one.
        Ok(()) | Err(Failure::Output(_)) => written.and(result),
        failed => {
            end(written);
            failed
        }
    }
}

/// Reports the error and returns the exit code.
fn end(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The reader, such as `head`, has exited.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Output(error)) => {
            tell(format_args!("standard output: cannot write: {}", reason(&error)));
            ExitCode::FAILURE
        }
        Err(Failure::Reported) => ExitCode::FAILURE,
        Err(Failure::Usage) => ExitCode::from(2),
    }
}
