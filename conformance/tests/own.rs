//! Runs the suite against brocomm's own node on each transport, in both roles, with and without
//! TLS.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use brocomm::lowlevel::wire::{DataFormat, Framing};
use brocomm_conformance::own::{Own, Transport};
use brocomm_conformance::suite::{Case, Level, Profile, Role, Selection, Settings, Verdict, cases};
use brocomm_conformance::testing::is_thorough;

/// The number of nodes that share the cases. Most cases spend most of their time waiting.
const LANES: usize = 4;

/// Cases that take longer than a hundred others: they open a connection for each bit or byte of a
/// message, or use each level of compression. By default only std without TLS runs them.
const LONG: [&str; 3] = ["1.1/14", "1.1/31", "1.5/1"];

/// The case that fills the caches, with 5,000 events. They are the same in both roles, so by default
/// only the listening std runs it.
const FILLS_CACHES: &str = "2§5/8";

/// Returns whether a case is run in this combination. The core implements the protocol and TLS for
/// all transports, so by default only std without TLS runs all cases. The others run only the
/// cases about the byte stream.
fn is_asked(case: &Case, transport: Transport, role: Role, framing: Framing) -> bool {
    let is_whole = (transport, framing) == (Transport::Std, Framing::Clear);
    let is_of_stream = case.id.section().starts_with("1.");
    let is_long = LONG.contains(&case.id.to_string().as_str());
    let is_again = case.id.to_string() == FILLS_CACHES && role == Role::Connects;
    is_whole && !is_again || is_of_stream && !is_long || is_thorough()
}

/// Runs the selected cases, spread over several nodes. Returns the failures.
fn failures(
    selection: &Selection,
    transport: Transport,
    role: Role,
    framing: Framing,
) -> Vec<String> {
    let mut cases = cases();
    cases.retain(|case| {
        selection.wants(case)
            && selection.leaves_out(case, role, framing).is_none()
            && is_asked(case, transport, role, framing)
    });
    assert!(!cases.is_empty(), "no case is selected");
    let next = AtomicUsize::new(0);
    let lane = || {
        let mut own = Own::start(transport, role, framing).expect("our node starts");
        let mut failures = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let report = selection.run(case, &mut own, &Settings::default());
            if report.verdict != Verdict::Passed {
                let lines = report.transcript.iter().rev().take(12).rev();
                let lines = lines.map(|line| format!("\n    {:?} {}", line.kind, line.meaning));
                failures.push(format!("{report}{}", lines.collect::<String>()));
            }
        }
        failures
    };
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().flat_map(|lane| lane.join().expect("no case panics")).collect()
    })
}

fn check(transport: Transport, role: Role) {
    let selection = Selection { levels: vec![Level::Must, Level::Should], ..Selection::default() };
    for framing in [Framing::Clear, Framing::Tls] {
        let failures = failures(&selection, transport, role, framing);
        let failed = failures.join("\n");
        assert!(failures.is_empty(), "{framing:?}: {} failed:\n{failed}", failures.len());
    }
}

/// Cases whose messages differ between the data formats. By default, only these are run in older
/// formats: those about connections in both roles, those about values, states and logs in one,
/// because a node reads and writes them in the same way in both.
const OF_CONNECTIONS: [&str; 3] = ["2.1", "3.1", "3.4"];
const OF_VALUES: [&str; 3] = ["2§", "3§1", "3§2"];

/// Long cases that do not depend on the format: which objects are evicted when the caches are full,
/// tables of 10,000 entries, and the limits of nested vectors and types. By default they are not run
/// in older formats.
const SAME_IN_ALL_FORMATS: [&str; 4] = [FILLS_CACHES, "2§6/26", "2§12/3", "2§12/4"];

/// Runs the suite as a peer of each older release. The node uses the suite's data format.
#[test]
fn std_passes_in_the_data_format_of_each_release() {
    let releases = Profile::ALL.iter().filter(|profile| profile.name.starts_with("bro-"));
    let releases: Vec<_> = releases.map(|profile| profile.data_format).collect();
    assert_eq!(releases.len(), 5);
    for format in DataFormat::ALL.into_iter().filter(|format| *format != DataFormat::V26) {
        assert!(releases.contains(&format), "{format}");
        let mut selection =
            Selection { levels: vec![Level::Must, Level::Should], ..Selection::default() };
        selection.profile.data_format = format;
        for role in Role::BOTH {
            if !is_thorough() {
                let of_values = (role == Role::Listens).then_some(OF_VALUES);
                let only = OF_CONNECTIONS.into_iter().chain(of_values.into_iter().flatten());
                selection.only = only.map(str::to_owned).collect();
                selection.skip = SAME_IN_ALL_FORMATS.map(str::to_owned).to_vec();
            }
            let failures = failures(&selection, Transport::Std, role, Framing::Clear);
            let failed = failures.join("\n");
            assert!(failures.is_empty(), "{format}: {} failed:\n{failed}", failures.len());
        }
    }
}

#[test]
fn std_passes_listening() {
    check(Transport::Std, Role::Listens);
}

#[test]
fn std_passes_connecting() {
    check(Transport::Std, Role::Connects);
}

#[test]
fn tokio_passes_listening() {
    check(Transport::Tokio, Role::Listens);
}

#[test]
fn tokio_passes_connecting() {
    check(Transport::Tokio, Role::Connects);
}

#[test]
fn async_std_passes_listening() {
    check(Transport::AsyncStd, Role::Listens);
}

#[test]
fn async_std_passes_connecting() {
    check(Transport::AsyncStd, Role::Connects);
}
