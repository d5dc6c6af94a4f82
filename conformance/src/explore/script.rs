//! Legal sessions as data that can be generated and shrunk.

use std::fmt;

use brocomm::data::Value;
use brocomm::lowlevel::wire::DataFormat;
use proptest::collection::vec;
use proptest::prelude::*;

use super::tame::{ipv4_only, known_ports, tame};
use crate::strategies;
use crate::suite::{Capability, Entry};

/// A legal session with an implementation: a handshake and the steps after it. Displayed with one
/// line per step.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The topic of the session.
    pub(super) about: About,
    /// The kind of peer that the suite plays.
    pub(super) manner: Manner,
    /// The data format that the suite announces.
    pub(super) data_format: DataFormat,
    /// Whether the suite sends its description.
    pub(super) described: bool,
    /// Whether the echoes are requested in the handshake.
    pub(super) requests: bool,
    /// Whether the session is restricted to what a Bro accepts (part 5).
    pub(super) tame: bool,
    /// The steps after the handshake.
    pub(super) steps: Vec<Step>,
}

/// The topic of a session, which selects the peer entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Events only.
    Events,
    /// Synchronized state.
    State,
    /// Remote logs.
    Logs,
}

impl About {
    /// Returns the peer entry.
    pub(super) fn entry(self) -> Entry {
        match self {
            About::Events => Entry::Plain,
            About::State => Entry::Sync,
            About::Logs => Entry::Logs,
        }
    }
}

/// The kind of peer that the suite plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// A Bro, with all its capabilities.
    Bro,
    /// A peer that sends no CAPS: 32-bit IDs and one list in the cache.
    NoCaps,
    /// A Broccoli, which keeps no cache.
    Broccoli,
}

/// A step of the suite in Running.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Has a value echoed.
    Echo(Value),
    /// Has a value echoed, with an event that is split at these permille of its length.
    EchoInPieces(Value, Vec<u16>),
    /// Waits for all echoes.
    Await,
    /// Sends an unknown event.
    Unknown(Value),
    /// Requests the echoes, possibly again, unless the session is tame.
    Request,
    /// Sends a capture filter.
    CaptureFilter(String),
    /// Sends a sync point.
    SyncPoint(u32),
    /// Sends a print.
    Print(String),
    /// Sends a PING with this number.
    Ping(u32),
    /// Starts compression at this level, unless it is on.
    Compress(u8),
    /// Sends an operation on state.
    Operate(Operation),
    /// Has the implementation increment `conformance_n` and assign an element.
    Change(String),
    /// Has the state reported.
    Report,
    /// Has the implementation log a text.
    Log(String),
    /// Sends log entries.
    Entries(Vec<String>),
}

/// An operation on `conformance_n` or on an element of `conformance_t`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    /// `conformance_n = …`
    Assign(u64),
    /// `conformance_n += …`
    Increment(u64),
    /// `conformance_t[…] = …`
    AssignElement(String, u64),
    /// `conformance_t[…] += …`, if the element exists.
    IncrementElement(String, u64),
    /// `delete conformance_t[…]`
    Delete(String),
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Script { about, manner, data_format, described, requests, tame: _, steps } = self;
        match about {
            About::Events => {}
            About::State => writeln!(f, "with synchronized state")?,
            About::Logs => writeln!(f, "with logs")?,
        }
        let not = |yes: &bool| if *yes { "" } else { "out" };
        writeln!(f, "as {manner:?}, with{} description", not(described))?;
        if *data_format != DataFormat::V26 {
            writeln!(f, "in data format {data_format}")?;
        }
        writeln!(f, "with{} requesting the echoes", not(requests))?;
        steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Echo(value) => write!(f, "has {value} echoed"),
            Step::EchoInPieces(value, cuts) => write!(f, "has {value} echoed, cut at {cuts:?} ‰"),
            Step::Await => f.write_str("waits for the echoes"),
            Step::Unknown(value) => write!(f, "sends conformance_unknown({value})"),
            Step::Request => f.write_str("requests conformance_echoed"),
            Step::CaptureFilter(filter) => write!(f, "sends the capture filter {filter:?}"),
            Step::SyncPoint(point) => write!(f, "sends the sync point {point}"),
            Step::Print(text) => write!(f, "sends the print {text:?}"),
            Step::Ping(number) => write!(f, "sends the PING {number}"),
            Step::Compress(level) => write!(f, "compresses at level {level}"),
            Step::Operate(operation) => write!(f, "sends the operation {operation}"),
            Step::Change(key) => write!(f, "has conformance_t[{key:?}] changed"),
            Step::Report => f.write_str("has the state reported"),
            Step::Log(text) => write!(f, "has {text:?} logged"),
            Step::Entries(texts) => write!(f, "sends the log entries {texts:?}"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Assign(n) => write!(f, "conformance_n = {n}"),
            Operation::Increment(by) => write!(f, "conformance_n += {by}"),
            Operation::AssignElement(key, n) => write!(f, "conformance_t[{key:?}] = {n}"),
            Operation::IncrementElement(key, by) => write!(f, "conformance_t[{key:?}] += {by}"),
            Operation::Delete(key) => write!(f, "delete conformance_t[{key:?}]"),
        }
    }
}

/// Generates sessions for an implementation with these capabilities, in these data formats.
pub(super) fn script(
    capabilities: &[Capability],
    formats: &[DataFormat],
) -> impl Strategy<Value = Script> + use<> {
    let formats = proptest::sample::select(formats.to_vec());
    let script = script_with(capabilities);
    (script, formats).prop_map(|(script, data_format)| script.in_data_format(data_format))
}

impl Script {
    /// Changes the session to a data format, and its values to ones that the format supports.
    fn in_data_format(mut self, data_format: DataFormat) -> Script {
        self.data_format = data_format;
        if !data_format.has_ipv6() {
            for step in &mut self.steps {
                let (Step::Echo(value) | Step::EchoInPieces(value, _) | Step::Unknown(value)) =
                    step
                else {
                    continue;
                };
                *value = ipv4_only(value.clone());
            }
        }
        self
    }
}

fn script_with(capabilities: &[Capability]) -> impl Strategy<Value = Script> + use<> {
    let can = |capability| capabilities.contains(&capability);
    let mut about = vec![About::Events; 3];
    about.extend(can(Capability::Sync).then_some(About::State));
    about.extend(can(Capability::Logs).then_some(About::Logs));
    let value = match can(Capability::Containers) {
        true => strategies::any_value(),
        false => strategies::scalar(),
    };
    let is_tame = !can(Capability::Oddities);
    let value = if is_tame { value.prop_map(tame).boxed() } else { value };
    let value = match can(Capability::UnknownPorts) {
        true => value,
        false => value.prop_map(known_ports).boxed(),
    };
    let usual = usual(value, can(Capability::Ping), can(Capability::Decompression)).boxed();
    let keeps_cache = can(Capability::Cache);
    proptest::sample::select(about).prop_flat_map(move |about| {
        let usual = usual.clone();
        let step = match about {
            About::Events => usual,
            About::State => prop_oneof![2 => usual, 3 => of_state()].boxed(),
            About::Logs => prop_oneof![2 => usual, 3 => of_logs()].boxed(),
        };
        let manners = match (keeps_cache, about) {
            (false, _) => vec![Manner::Bro, Manner::NoCaps],
            // A Broccoli cannot receive tables (part 5), so it cannot receive the state.
            (true, About::State) => vec![Manner::Bro, Manner::Bro, Manner::NoCaps],
            (true, _) => vec![Manner::Bro, Manner::Bro, Manner::NoCaps, Manner::Broccoli],
        };
        // A session about state needs the reports to be requested.
        let requests = match about {
            About::State => Just(true).boxed(),
            _ => proptest::bool::weighted(0.9).boxed(),
        };
        (proptest::sample::select(manners), any::<bool>(), requests, vec(step, 0..20)).prop_map(
            move |(manner, described, requests, steps)| Script {
                about,
                manner,
                data_format: DataFormat::V26,
                described,
                requests,
                tame: is_tame,
                steps,
            },
        )
    })
}

/// Generates steps that are possible in every session.
fn usual(value: BoxedStrategy<Value>, ping: bool, compress: bool) -> impl Strategy<Value = Step> {
    let weight = |can| if can { 1 } else { 0 };
    prop_oneof![
        8 => value.clone().prop_map(Step::Echo),
        4 => (value.clone(), vec(0..1000_u16, 1..6)).prop_map(|(value, mut cuts)| {
            cuts.sort_unstable();
            Step::EchoInPieces(value, cuts)
        }),
        2 => Just(Step::Await),
        1 => value.prop_map(Step::Unknown),
        1 => Just(Step::Request),
        1 => "[a-z ]{0,20}".prop_map(Step::CaptureFilter),
        1 => any::<u32>().prop_map(Step::SyncPoint),
        1 => "[a-z ]{0,20}".prop_map(Step::Print),
        weight(ping) => any::<u32>().prop_map(Step::Ping),
        weight(compress) => (1..=9_u8).prop_map(Step::Compress),
    ]
}

/// Generates operations on the synchronized variables.
pub(super) fn operation() -> impl Strategy<Value = Operation> {
    let key = || "[a-e]";
    prop_oneof![
        (0..1000_u64).prop_map(Operation::Assign),
        (0..1000_u64).prop_map(Operation::Increment),
        (key(), 0..1000_u64).prop_map(|(key, n)| Operation::AssignElement(key, n)),
        (key(), 0..1000_u64).prop_map(|(key, by)| Operation::IncrementElement(key, by)),
        key().prop_map(Operation::Delete),
    ]
}

fn of_state() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => operation().prop_map(Step::Operate),
        2 => "[a-e]".prop_map(Step::Change),
        1 => Just(Step::Report),
    ]
}

fn of_logs() -> impl Strategy<Value = Step> {
    let text = || "[a-z ]{0,20}";
    prop_oneof![
        1 => text().prop_map(Step::Log),
        1 => vec(text(), 1..4).prop_map(Step::Entries),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::super::data_formats;
    use super::*;
    use crate::suite::Profile;

    /// Returns some sessions for an implementation, as text.
    fn sessions(capabilities: &[Capability]) -> String {
        let mut runner = TestRunner::deterministic();
        let formats = data_formats(&Profile::FULL, capabilities);
        let script = script(capabilities, &formats);
        let made = (0..200).map(|_| script.new_tree(&mut runner).unwrap().current());
        made.map(|script| script.to_string()).collect()
    }

    #[test]
    fn sessions_use_only_what_their_data_format_supports() {
        let mut runner = TestRunner::deterministic();
        for format in DataFormat::ALL {
            let script = script(Capability::ALL, &[format]);
            let made = (0..200).map(|_| script.new_tree(&mut runner).unwrap().current());
            let (mut has_ipv6, named) = (false, format!("\nin data format {format}\n"));
            for script in made {
                let is_named = script.to_string().contains(&named);
                assert_eq!(is_named, format != DataFormat::V26, "{script}");
                for step in script.steps {
                    if let Step::Echo(value) = step {
                        has_ipv6 |= ipv4_only(value.clone()) != value;
                    }
                }
            }
            assert_eq!(has_ipv6, format.has_ipv6(), "{format}");
        }
    }

    #[test]
    fn sessions_use_only_the_capabilities_of_the_implementation() {
        let (all, none) = (sessions(Capability::ALL), sessions(&[]));
        let needed = [
            "PING",
            "compresses",
            "synchronized",
            "the operation",
            "reported",
            "with logs",
            "entries",
            "as Broccoli",
            "in data format 21",
            "in data format 25",
            "/unknown",
        ];
        for what in needed {
            assert!(all.contains(what), "{what} in no session");
            assert!(!none.contains(what), "{what} without the capability");
        }
    }
}
