//! `brocomm state`: reads, changes and watches a peer's synchronized variables.

mod agree;
mod change;
mod replica;
mod task;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use brocomm::data::Declarations;
use brocomm::lowlevel::connection::Requests;
use brocomm::node::SyncRequest;

use crate::config;
use crate::declare;
use crate::failure::{Failure, failed, misused};
use crate::follow::{End, Target};
use crate::number::within;
use change::Change;
use replica::{Replica, Shown};
use task::{Get, Task, Watch};

/// Reads, changes and watches a peer's synchronized variables (`&synchronized`).
///
/// Connecting changes nothing: local values never replace the peer's. Only `set`, `add`, `delete`
/// and `incr` change something, and only the variable, entry, element or field that they name.
///
/// Declare the variables with the peer's types, with --declarations or --config. If the types
/// differ, nothing is sent.
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
  brocomm state set sensor 'hosts[10.0.0.1]' '\"gateway\"' --declarations vars.bro
  brocomm state add sensor 'blocked[10.0.0.2]' --declarations vars.bro
  brocomm state delete sensor 'hosts[10.0.0.1]' --declarations vars.bro
  brocomm state incr sensor hits 3 --declarations vars.bro
  brocomm state watch sensor --config brocomm.toml --json | jq .operands

 where vars.bro has:
  global hits: count = 0 &synchronized;
  global hosts: table[addr] of string &synchronized;
  global blocked: set[addr] &synchronized;

A Bro accepts changes only if its entry for us has `$sync=T`.";

const EXIT_CODES: &str = "\
Exit codes:
  0  success; watch: the peer closed the connection, --count was reached, or Ctrl-C was pressed
  1  the connection failed; or the peer does not have the variable, has it with another type, or
     does not accept changes
  2  the command line, a value or name on it, or the configuration is wrong";

/// The help of a command that changes something: an example and the exit codes.
macro_rules! change_help {
    ($example:literal) => {
        concat!(
            "Example:\n  ",
            $example,
            "\n\nIt waits until the peer has received the change. A Bro accepts changes only if \
             its entry for us\nhas `$sync=T`.\n\nExit codes:\n  \
             0  the change was sent, and the peer has read it\n  \
             1  nothing was sent: there was no connection, or it failed; the peer has no such \
             variable,\n     has it with another type, or does not accept changes\n  \
             2  the command line, a value or name on it, or a declaration is wrong"
        )
    };
}

const SET_HELP: &str = change_help!(
    "brocomm state set sensor 'hosts[10.0.0.1]' '\"gateway\"' --declarations vars.bro"
);
const ADD_HELP: &str =
    change_help!("brocomm state add sensor 'blocked[10.0.0.2]' --declarations vars.bro");
const DELETE_HELP: &str =
    change_help!("brocomm state delete sensor 'hosts[10.0.0.1]' --declarations vars.bro");
const INCR_HELP: &str = change_help!("brocomm state incr sensor hits 3 --declarations vars.bro");

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Prints variables as NAME = VALUE, with values as Bro prints them.
    #[command(after_help = EXIT_CODES)]
    Get {
        #[command(flatten)]
        common: Common,

        /// The variables. The default is all that the peer has.
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Assigns to a variable, a table entry, a record field or a vector element.
    ///
    /// The peer applies the change and forwards it to those that share the variable. To change one
    /// entry of a shared table, name the entry: assigning the whole table replaces what others
    /// added.
    #[command(after_help = SET_HELP)]
    Set {
        #[command(flatten)]
        common: Common,

        /// What to assign to, as in a Bro script: hits, 'hosts[10.0.0.1]', 'config$level'.
        #[arg(value_name = "PLACE")]
        place: String,

        /// The new value, as in a Bro script: 7, "text", 80/tcp, [$name="a"]. With --json it may
        /// also be JSON, as printed by `get --json`.
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
    /// Adds an element to a set.
    #[command(after_help = ADD_HELP)]
    Add {
        #[command(flatten)]
        common: Common,

        /// The set and the element, as in a Bro script: 'blocked[10.0.0.1]'.
        #[arg(value_name = "SET[ELEMENT]")]
        place: String,
    },
    /// Deletes a table entry, a set element, or the value of an optional field.
    #[command(after_help = DELETE_HELP)]
    Delete {
        #[command(flatten)]
        common: Common,

        /// What to delete, as in a Bro script: 'hosts[10.0.0.1]', 'config$level'.
        #[arg(value_name = "PLACE")]
        place: String,
    },
    /// Adds to a number. Simultaneous increments on several sides add up.
    #[command(after_help = INCR_HELP)]
    Incr {
        #[command(flatten)]
        common: Common,

        /// The number, as in a Bro script: hits, 'counts["a"]'.
        #[arg(value_name = "PLACE")]
        place: String,

        /// The amount to add. Negative amounts subtract.
        #[arg(value_name = "BY", default_value_t = 1, allow_negative_numbers = true,
            value_parser = within(i64::MIN..=i64::MAX))]
        by: i64,
    },
    /// Prints variables and then each change, until Ctrl-C is pressed.
    ///
    /// A change is printed as the operation and its target: `assign_idx hosts[10.0.0.1] = a`.
    #[command(after_help = EXIT_CODES)]
    Watch {
        #[command(flatten)]
        common: Common,

        /// The variables. The default is all.
        #[arg(value_name = "NAME")]
        names: Vec<String>,

        /// Exit after this number of changes.
        #[arg(long, value_name = "N", value_parser = within(0..=u64::MAX))]
        count: Option<u64>,
    },
}

/// The declarations of the peer's variables.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Declared {
    /// Declarations of types and variables in Bro's notation; may be repeated.
    #[arg(long, value_name = "FILE")]
    declarations: Vec<PathBuf>,

    /// Use the declarations of this configuration of `brocomm run`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The options that all subcommands have.
#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    declared: Declared,

    /// Print one JSON object per line: name, type and value (null if unset), and was for `set`; for
    /// a change t, name, operation, target and operands. Values are those of `brocomm listen
    /// --json`.
    #[arg(long)]
    json: bool,
}

/// Connects to the peer and runs the subcommand.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    match &args.command {
        Command::Get { common, names } => {
            let declared = common.declared(names)?;
            join(common, declared, &mut Get { names, shown: common.shown(out) })
        }
        Command::Set { common, place, value } => {
            let declared = common.declared(&[])?;
            let mut change = Change::set(place, value, &declared, common.shown(out))?;
            join(common, declared, &mut change)
        }
        Command::Add { common, place } => {
            let declared = common.declared(&[])?;
            let mut change = Change::add(place, &declared, common.shown(out))?;
            join(common, declared, &mut change)
        }
        Command::Delete { common, place } => {
            let declared = common.declared(&[])?;
            let mut change = Change::delete(place, &declared, common.shown(out))?;
            join(common, declared, &mut change)
        }
        Command::Incr { common, place, by } => {
            let declared = common.declared(&[])?;
            let mut change = Change::increment(place, *by, &declared, common.shown(out))?;
            join(common, declared, &mut change)
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

/// Stays connected until the peer has sent its state and the task is done.
fn join(common: &Common, declared: Arc<Declarations>, task: &mut dyn Task) -> Result<(), Failure> {
    // Not authoritative: the local values must not replace the peer's.
    let sync = Some(SyncRequest { authoritative: false });
    let requests = Requests { sync, ..Requests::default() };
    let mut replica = Replica::new(&declared, common.target.manner.timeout, &mut *task)?;
    let end = common.target.follow(declared, requests, &mut replica)?;
    let (is_asked, has_begun) = (replica.is_asked_for_state(), replica.has_begun());
    match end {
        _ if is_asked => {
            Err(failed(format_args!("the peer requests our state instead of sending its own")))
        }
        End::ByPeer if !has_begun => {
            Err(failed(format_args!("the peer closed the connection before sending its state")))
        }
        End::Here { .. } if !has_begun && !task.ends_with_signals() => {
            Err(failed(format_args!("interrupted")))
        }
        end => task.end(end),
    }
}

/// Reports that a variable is not declared.
fn undeclared(name: &str, declared: &Declarations) -> Failure {
    let known: Vec<_> = declared.globals.iter().map(|g| g.name.to_string()).collect();
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let hint = config::suggestion(name, &known);
    let hint = match hint.as_str() {
        "" => "; declare it with --declarations or --config",
        hint => hint,
    };
    misused(format_args!("no variable {name} is declared{hint}"))
}

impl Common {
    /// Reads the declarations. The names must be those of synchronized variables.
    fn declared(&self, names: &[String]) -> Result<Arc<Declarations>, Failure> {
        let mut declared = Declarations::new();
        if let Some(file) = &self.declared.config {
            declared = (*config::load_or_tell(file)?.declarations).clone();
        }
        declare::read(&self.declared.declarations, &mut declared)?;
        for name in names {
            if declared.globals.get(name).is_none() {
                return Err(undeclared(name, &declared));
            }
        }
        Ok(Arc::new(declared))
    }

    fn shown<'a>(&self, out: &'a mut dyn Write) -> Shown<'a> {
        Shown { out, json: self.json, lines: io::stdout().is_terminal() }
    }
}
