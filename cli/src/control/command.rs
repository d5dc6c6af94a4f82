//! The commands for nodes, and the declarations that they need.

use std::path::PathBuf;
use std::sync::Arc;

use brocomm::data::{Declarations, Name, Type, Value};
use brocomm::lowlevel::serial::Id;
use brocomm::lowlevel::syntax::AttributeTag;

use crate::declare::{pointed, read};
use crate::failure::{Failure, misused};

/// The events of Bro's control framework (`base/frameworks/control`).
const EVENTS: &str = "
event Control::id_value_request(id: string);
event Control::id_value_response(id: string, val: string);
event Control::peer_status_request();
event Control::peer_status_response(s: string);
event Control::net_stats_request();
event Control::net_stats_response(s: string);
event Control::configuration_update_request();
event Control::configuration_update_response();
event Control::shutdown_request();
event Control::shutdown_response();
";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Prints the values of global variables and constants, as NAME = VALUE.
    #[command(after_help = super::EXIT_CODES)]
    Id {
        /// The variables, with their modules: Site::local_nets.
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Prints the peers of a node: the time, and each peer's description and address.
    #[command(after_help = super::EXIT_CODES)]
    Peers,
    /// Prints how many packets a node received and dropped, and how many were on the link.
    #[command(after_help = super::EXIT_CODES)]
    Netstats,
    /// Sets constants that are `&redef`, and prints the values that the node has afterward.
    ///
    /// The value must have the constant's type. Otherwise a Bro keeps its value and closes the
    /// connection. If in doubt, declare the constant.
    #[command(after_help = super::EXIT_CODES)]
    Set {
        /// The constants and their values, as in a script: 'Module::name = value'.
        #[arg(required = true, value_name = "NAME = VALUE")]
        assignments: Vec<String>,

        /// Declarations of the constants and their types in Bro's notation; may be repeated.
        #[arg(long, value_name = "FILE")]
        declarations: Vec<PathBuf>,
    },
    /// Sets all constants that files declare `&redef` with a value. Without files, only notifies
    /// the node of an update.
    ///
    /// `broctl update` does the same with all scripts of a node.
    #[command(after_help = super::EXIT_CODES)]
    Update {
        /// Declarations of constants with values, in Bro's notation; may be repeated.
        #[arg(long, value_name = "FILE")]
        declarations: Vec<PathBuf>,
    },
    /// Shuts down the node.
    #[command(after_help = super::EXIT_CODES)]
    Shutdown,
}

/// The command for each node.
pub(super) enum Task {
    Id {
        names: Vec<String>,
        declared: Arc<Declarations>,
    },
    Peers(Arc<Declarations>),
    NetStats(Arc<Declarations>),
    /// Sends constants. The values of those of `set` are requested afterward.
    Update {
        ids: Vec<Constant>,
        is_set: bool,
        declared: Arc<Declarations>,
    },
    Shutdown(Arc<Declarations>),
}

/// A constant and its new value.
pub(super) struct Constant {
    pub(super) id: Arc<Id>,
    /// Whether its type was inferred from the value.
    pub(super) guessed: bool,
}

impl Command {
    /// Reads the files and values that the command needs.
    pub(super) fn task(&self) -> Result<Task, Failure> {
        let declared = |files: &[PathBuf]| {
            let mut declared = Declarations::new();
            read(files, &mut declared)?;
            declared.read(EVENTS).map_err(|error| misused(format_args!("{error}")))?;
            Ok::<_, Failure>(declared)
        };
        Ok(match self {
            Command::Id { names, .. } => {
                let mut names = names.clone();
                let mut seen = Vec::new();
                names.retain(|name| {
                    !seen.contains(name) && {
                        seen.push(name.clone());
                        true
                    }
                });
                Task::Id { names, declared: Arc::new(declared(&[])?) }
            }
            Command::Peers => Task::Peers(Arc::new(declared(&[])?)),
            Command::Netstats => Task::NetStats(Arc::new(declared(&[])?)),
            Command::Shutdown => Task::Shutdown(Arc::new(declared(&[])?)),
            Command::Set { assignments, declarations } => {
                let declared = declared(declarations)?;
                let ids = assignments.iter().map(|text| assignment(text, &declared));
                let ids = ids.collect::<Result<_, _>>()?;
                Task::Update { ids, is_set: true, declared: Arc::new(declared) }
            }
            Command::Update { declarations } => {
                let declared = declared(declarations)?;
                let ids: Vec<Constant> = redefinable(&declared);
                if ids.is_empty() && !declarations.is_empty() {
                    return Err(misused(format_args!(
                        "--declarations: no constant is declared `&redef` with a value"
                    )));
                }
                Task::Update { ids, is_set: false, declared: Arc::new(declared) }
            }
        })
    }
}

/// Returns the constants that a controller would send.
fn redefinable(declared: &Declarations) -> Vec<Constant> {
    let constants =
        declared.globals.iter().filter(|one| one.is_const && one.has(AttributeTag::Redef));
    let constants = constants.filter_map(|one| {
        let value = one.init.clone()?;
        let id = Arc::new(Id::global(one.name.clone(), one.ty.clone(), Some(value)));
        Some(Constant { id, guessed: false })
    });
    constants.collect()
}

/// Reads `Module::name = value`.
fn assignment(text: &str, declared: &Declarations) -> Result<Constant, Failure> {
    let is_name = |name: &str| {
        let is_word = |part: &str| {
            part.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
                && part.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
        };
        name.split("::").all(is_word)
    };
    let Some((name, value)) = text.split_once('=') else {
        return Err(misused(format_args!("set: `{text}`: expected `NAME = VALUE`")));
    };
    let (name, value) = (name.trim(), value.trim().trim_end_matches(';'));
    if !is_name(name) {
        let what = format_args!("set: `{name}` is not a name; expected `Module::name = value`");
        return Err(misused(what));
    }
    let known = declared.globals.get(name);
    let expected: Option<&Type> = known.map(|global| &global.ty);
    let value = Value::parse(value, expected, declared)
        .map_err(|error| misused(format_args!("set: {name}: {}", pointed(value, &error))))?;
    let ty = expected.cloned().unwrap_or_else(|| value.ty());
    let id = Arc::new(Id::global(Name::from(name), ty, Some(value)));
    Ok(Constant { id, guessed: known.is_none() })
}

impl Task {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Task::Id { .. } => "id",
            Task::Peers(_) => "peers",
            Task::NetStats(_) => "netstats",
            Task::Update { is_set: true, .. } => "set",
            Task::Update { .. } => "update",
            Task::Shutdown(_) => "shutdown",
        }
    }

    pub(super) fn declarations(&self) -> &Arc<Declarations> {
        match self {
            Task::Id { declared, .. } | Task::Update { declared, .. } => declared,
            Task::Peers(declared) | Task::NetStats(declared) | Task::Shutdown(declared) => declared,
        }
    }

    /// Returns the events with which nodes answer.
    pub(super) fn answers(&self) -> Vec<Name> {
        let id = Name::from_static("Control::id_value_response");
        match self {
            Task::Id { .. } => vec![id],
            Task::Peers(_) => vec![Name::from_static("Control::peer_status_response")],
            Task::NetStats(_) => vec![Name::from_static("Control::net_stats_response")],
            Task::Update { .. } => {
                vec![Name::from_static("Control::configuration_update_response"), id]
            }
            Task::Shutdown(_) => vec![Name::from_static("Control::shutdown_response")],
        }
    }
}

impl Constant {
    /// Returns the name as text.
    pub(super) fn name(&self) -> String {
        self.id.name.to_string()
    }

    /// Returns the inferred type, if any.
    pub(super) fn guess(&self) -> Option<String> {
        self.guessed.then(|| self.id.ty.to_string())
    }

    /// Formats the value as Bro prints it.
    pub(super) fn printed(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.id.value.iter().for_each(|value| value.print_to(&mut out));
        out
    }

    /// Returns whether Bro always prints the value in the same way. Tables, for example, have no
    /// order.
    pub(super) fn is_comparable(&self) -> bool {
        self.id.value.as_ref().is_some_and(is_scalar)
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(
        value,
        Value::List(_)
            | Value::Table(_)
            | Value::Record(_)
            | Value::Vector(_)
            | Value::Func(..)
            | Value::File(..)
            | Value::Opaque(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Declarations {
        let mut declared = Declarations::new();
        let text = "module M; const limit = 5 &redef; const fixed = 5; global n = 1 &redef;
            const hosts: set[addr] = {} &redef; const unset: count &redef;";
        declared.read(text).unwrap();
        declared
    }

    #[test]
    fn assignments_have_the_declared_type() {
        for (text, name, printed, guess) in [
            ("M::limit = 7", "M::limit", "7", None),
            ("M::limit=7;", "M::limit", "7", None),
            (" M::hosts = {10.0.0.1} ", "M::hosts", r"{\x0a\x0910.0.0.1\x0a}", None),
            ("other = \"a=b\"", "other", "a=b", Some("string")),
            ("X::y = 7", "X::y", "7", Some("count")),
        ] {
            let constant = assignment(text, &declared()).unwrap();
            let text = crate::decode::printed::bytes(&constant.printed());
            assert_eq!(
                (constant.name().as_str(), text.replace('\t', r"\x09").as_str()),
                (name, printed)
            );
            assert_eq!(constant.guess().as_deref(), guess);
        }
        for text in
            ["M::limit", "M::limit = x", "5 = 5", "M::limit == 5", "M:: = 5", " = 5", "a = "]
        {
            assert!(matches!(assignment(text, &declared()), Err(Failure::Usage)), "{text}");
        }
    }

    #[test]
    fn only_constants_that_are_redefinable_and_set_are_sent() {
        let names: Vec<String> = redefinable(&declared()).iter().map(Constant::name).collect();
        assert_eq!(names, ["M::limit", "M::hosts"]);
    }
}
