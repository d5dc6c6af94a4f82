//! Legal sessions, as data that can be made at random and shrunk.

use std::fmt;

use brocomm::data::Value;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::strategies;
use crate::suite::{Capability, Profile};

/// Is one session with an implementation: a handshake and what comes after it, all of it legal.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// What the suite presents itself as.
    pub manner: Manner,
    /// Whether it sends its description.
    pub described: bool,
    /// Whether what is echoed is requested in the handshake.
    pub requests: bool,
    /// What it does then.
    pub steps: Vec<Step>,
}

/// Says what the suite presents itself as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// A Bro, with all its capabilities.
    Bro,
    /// A peer that sends no CAPS: 32-bit ids and one list in the cache.
    NoCaps,
    /// A Broccoli, which keeps no cache.
    Broccoli,
}

/// Is something that the suite does in Running.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Has a value echoed.
    Echo(Value),
    /// Has a value echoed, by an event that is cut at these permille of its length.
    EchoInPieces(Value, Vec<u16>),
    /// Waits for everything that is to be echoed.
    Await,
    /// Sends an event that nobody knows.
    Unknown(Value),
    /// Requests what is echoed, again if it was requested before.
    Request,
    /// Sends a capture filter.
    CaptureFilter(String),
    /// Reaches a point of its trace.
    SyncPoint(u32),
    /// Sends what was printed to a file.
    Print(String),
    /// Sends a PING of this number.
    Ping(u32),
    /// Begins to compress at this level, unless it does.
    Compress(u8),
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Script { manner, described, requests, steps } = self;
        let not = |yes: &bool| if *yes { "" } else { "out" };
        writeln!(f, "as {manner:?}, with{} description", not(described))?;
        writeln!(f, "with{} requesting what is echoed", not(requests))?;
        steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Echo(value) => write!(f, "has {value} echoed"),
            Step::EchoInPieces(value, cuts) => write!(f, "has {value} echoed, cut at {cuts:?} ‰"),
            Step::Await => f.write_str("waits for what is echoed"),
            Step::Unknown(value) => write!(f, "sends conformance_unknown({value})"),
            Step::Request => f.write_str("requests conformance_echoed"),
            Step::CaptureFilter(filter) => write!(f, "sends the capture filter {filter:?}"),
            Step::SyncPoint(point) => write!(f, "sends the sync point {point}"),
            Step::Print(text) => write!(f, "sends the print {text:?}"),
            Step::Ping(number) => write!(f, "sends the PING {number}"),
            Step::Compress(level) => write!(f, "compresses at level {level}"),
        }
    }
}

/// Makes sessions for an implementation of this profile.
pub fn script(profile: &Profile) -> impl Strategy<Value = Script> + use<> {
    let can = |capability| profile.capabilities.contains(&capability);
    let manners = match can(Capability::Cache) {
        true => vec![Manner::Bro, Manner::Bro, Manner::NoCaps, Manner::Broccoli],
        false => vec![Manner::Bro, Manner::NoCaps],
    };
    let value = match can(Capability::Containers) {
        true => strategies::any_value(),
        false => strategies::scalar(),
    };
    (
        proptest::sample::select(manners),
        any::<bool>(),
        proptest::bool::weighted(0.9),
        vec(step(value, can(Capability::Ping), can(Capability::Decompression)), 0..20),
    )
        .prop_map(|(manner, described, requests, steps)| Script {
            manner,
            described,
            requests,
            steps,
        })
}

fn step(value: BoxedStrategy<Value>, ping: bool, compress: bool) -> impl Strategy<Value = Step> {
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
