//! `brocomm state`: reads, changes and watches the variables that a peer shares.

mod replica;
mod task;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use brocomm::connection::{Setup, SyncRequest};
use brocomm::data::{Declarations, Value};

use crate::config;
use crate::declare::{self, pointed};
use crate::failure::{Failure, failed, misused};
use crate::follow::{End, Target};
use crate::stop::Stop;
use replica::{Replica, Shown};
use task::{Get, Set, Task, Watch};

/// Reads, changes and watches the variables that a peer shares with others (`&synchronized`).
///
/// We ask for the peer's state and never claim that ours is the authoritative one, nor give it any:
/// nothing of what the peer holds is replaced when we join, whatever our declarations say. Only
/// `set` changes something, and only the variable that it names.
///
/// Variables have to be declared as they are at the peer, by --declarations or --config.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm state get sensor hits --declarations vars.bro
  brocomm state set sensor hits 0 --declarations vars.bro
  brocomm state watch sensor --config brocomm.toml --json | jq .operands

 where vars.bro has: global hits: count = 0 &synchronized;

Who gives its state: part of the protocol's handshake. A Bro whose entry for us has `$sync=T` asks
 for ours as well; then the one that runs for longer gives its state. We say that we have just
 begun, so that is the Bro; with one that has just begun itself we try again a second later.";

const EXIT_CODES: &str = "\
Exit codes:
  0  it was done; watch: the peer closed the connection, --count was reached, or Ctrl-C was pressed
  1  there was no connection, or it failed; the peer has no such variable, or doesn't take changes
  2  the command line is wrong, or a value or name on it, or the configuration";

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Prints what variables hold, as NAME = VALUE, values as Bro prints them.
    #[command(after_help = EXIT_CODES)]
    Get {
        #[command(flatten)]
        common: Common,

        /// The variables; all that the peer has by default.
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Gives a variable another value, at the peer and at all that it shares it with.
    ///
    /// Waits until the peer has taken the change and closed the connection. A Bro takes changes only
    /// if its entry for us has `$sync=T`.
    #[command(after_help = EXIT_CODES)]
    Set {
        #[command(flatten)]
        common: Common,

        /// The variable.
        #[arg(value_name = "NAME")]
        name: String,

        /// Its new value, as in a script of Bro: 7, "text", set(10.0.0.1), table([1] = "a").
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
    /// Prints what variables hold, and then each change, until Ctrl-C is pressed.
    ///
    /// A change is written as the operation and what it is on: `assign_idx hosts[10.0.0.1] = a`.
    #[command(after_help = EXIT_CODES)]
    Watch {
        #[command(flatten)]
        common: Common,

        /// The variables; all by default.
        #[arg(value_name = "NAME")]
        names: Vec<String>,

        /// End after so many changes.
        #[arg(long, value_name = "N")]
        count: Option<u64>,
    },
}

/// What all have in common.
#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    target: Target,

    /// Declarations of types and variables in Bro's notation.
    #[arg(long, value_name = "FILE", required_unless_present = "config")]
    declarations: Option<PathBuf>,

    /// Use the declarations of this configuration of `brocomm run`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print one JSON object per line: name, type and value (null for none; set: was as well); for a
    /// change t, name, operation, target and operands. Values are strings in Bro's printed form.
    #[arg(long)]
    json: bool,
}

/// How often to try again with a peer that has only just begun.
const ATTEMPTS: u32 = 3;

/// Longer than the whole seconds that the handshake compares.
const YOUTH: Duration = Duration::from_millis(1100);

/// Joins the peer and does what is asked for.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    match &args.command {
        Command::Get { common, names } => {
            let declared = common.declared(names)?;
            join(common, declared, &mut Get { names, shown: common.shown(out) })
        }
        Command::Set { common, name, value } => {
            let declared = common.declared(std::slice::from_ref(name))?;
            let value = parse(name, value, &declared)?;
            join(common, declared, &mut Set { name, value, shown: common.shown(out), line: None })
        }
        Command::Watch { common, names, count: left } => {
            if *left == Some(0) {
                return Ok(());
            }
            let declared = common.declared(names)?;
            join(common, declared, &mut Watch { names, left: *left, shown: common.shown(out) })
        }
    }
}

/// Joins until the peer has given its state and the task is done.
fn join(common: &Common, declared: Arc<Declarations>, task: &mut dyn Task) -> Result<(), Failure> {
    // Without authority: what we have counts for nothing.
    let sync = Some(SyncRequest { authoritative: false });
    let stop = Stop::on_signal();
    for _ in 0..ATTEMPTS {
        let setup = Setup { sync, accept_input: true, ..Setup::default() };
        let mut replica = Replica::new(&declared, common.target.manner.timeout, &mut *task)?;
        let end = common.target.follow(Arc::clone(&declared), setup, &mut replica)?;
        let (is_asked, has_begun) = (replica.is_asked_for_state(), replica.has_begun());
        if !is_asked {
            return match end {
                End::ByPeer if !has_begun => Err(failed(format_args!(
                    "the peer closed the connection before it had given its state"
                ))),
                End::Here { .. } if !has_begun && !task.ends_with_signals() => {
                    Err(failed(format_args!("interrupted")))
                }
                end => task.end(end),
            };
        }
        stop.wait(YOUTH);
        if stop.is_stopped() {
            return Err(failed(format_args!("interrupted")));
        }
    }
    Err(failed(format_args!(
        "the peer wants our state instead of giving its own; try again when it has run for longer"
    )))
}

impl Common {
    /// Reads the declarations; the names have to be among those of synchronized variables.
    fn declared(&self, names: &[String]) -> Result<Arc<Declarations>, Failure> {
        let mut declared = Declarations::new();
        if let Some(file) = &self.config {
            declared = (*config::load_or_tell(file)?.declarations).clone();
        }
        if let Some(file) = &self.declarations {
            declare::read(file, &mut declared)?;
        }
        for name in names {
            if declared.globals.get(name).is_none() {
                let known: Vec<_> = declared.globals.iter().map(|g| g.name.to_string()).collect();
                let known: Vec<_> = known.iter().map(String::as_str).collect();
                let hint = config::suggestion(name, &known);
                return Err(misused(format_args!("no variable {name} is declared{hint}")));
            }
        }
        Ok(Arc::new(declared))
    }

    fn shown<'a>(&self, out: &'a mut dyn Write) -> Shown<'a> {
        Shown { out, json: self.json }
    }
}

/// Reads a variable's new value.
fn parse(name: &str, text: &str, declared: &Declarations) -> Result<Value, Failure> {
    let ty = declared.globals.get(name).map(|global| &global.ty);
    Value::parse(text, ty, declared)
        .map_err(|error| misused(format_args!("{name}: {}", pointed(text, &error))))
}
