//! The command `explore`.

use std::process::ExitCode;

use brocomm_conformance::explore;

use crate::running::{Common, implementations};
use crate::text;

/// Runs random legal sessions, compares each with a model of the protocol, and prints the smallest
/// one that fails. The same seed gives the same sessions.
///
/// The sessions are in the data format of the profile, or in those of all releases if the
/// implementation has the capability data-formats.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,

    /// The seed of the random generator.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// The number of sessions.
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    sessions: u32,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  all sessions passed
  1  one was not
  2  the command line is wrong, or there is nothing to test";

pub(crate) fn explore(args: &Args) -> ExitCode {
    let implementations = match implementations(&args.common) {
        Ok(implementations) => implementations,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return ExitCode::from(2);
        }
    };
    let (capabilities, settings) = (args.common.capabilities(), args.common.settings());
    let formats = explore::data_formats(args.common.profile(), &capabilities);
    let (seed, sessions) = (args.seed, args.sessions);
    for (what, mut implementation) in implementations {
        println!("== {what}, {}", implementation.role());
        let implementation = implementation.as_mut();
        let found =
            explore::explore_in(implementation, &formats, &capabilities, &settings, seed, sessions);
        match found {
            Ok(()) => {
                println!("{sessions} sessions of seed {seed} passed")
            }
            Err(found) => {
                println!("a session of seed {seed} fails:\n{}", found.script);
                println!("{}", text::report(&found.report, true));
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
