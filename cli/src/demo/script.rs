//! What the two nodes are to say to each other.

use std::fmt;
use std::sync::Arc;

use brocomm::connection::{Config, Setup, Undeclared};
use brocomm::data::{Declarations, Event, Name, ParseError};
use brocomm::wire::Compression;
use bytes::Bytes;

use super::Node;

/// How often each node sends each kind of event.
const ROUNDS: u64 = 25;

const DECLARATIONS: &str = "
    module Demo;
    type Color: enum { RED, GREEN, BLUE };
    type Point: record { x: double; y: double; label: string &optional; };
    global numbers: event(n: count, i: int, d: double, b: bool);
    global texts: event(s: string, p: pattern);
    global times: event(t: time, i: interval);
    global network: event(a: addr, b: addr, n: subnet, p: port);
    global colors: event(c: Color);
    global points: event(p: Point);
    global sets: event(s: set[addr], pairs: set[string, port]);
    global tables: event(t: table[string] of count);
    global vectors: event(v: vector of count, w: vector of Point);
    global big: event(s: string);
    global nothing: event();
";

/// Holds what is known to both nodes, and the nodes.
pub(super) struct Script {
    declarations: Arc<Declarations>,
    /// The initiator, then the acceptor.
    pub(super) nodes: [Node; 2],
}

impl Script {
    pub(super) fn new() -> Result<Script, ParseError> {
        let mut declarations = Declarations::new();
        declarations.read(DECLARATIONS)?;
        let calls = |from| calls(&declarations, from);
        let nodes = [
            Node {
                name: "sensor",
                class: "demo",
                capture_filter: Some("tcp port 80"),
                calls: calls(0)?,
            },
            Node { name: "manager", class: "", capture_filter: None, calls: calls(1000)? },
        ];
        Ok(Script { declarations: Arc::new(declarations), nodes })
    }

    /// Returns how many kinds of events there are.
    pub(super) fn kinds(&self) -> usize {
        self.declarations.events.len()
    }

    pub(super) fn config(&self, node: &Node) -> Config {
        Config {
            description: Name::from_static(node.name),
            class: Some(Bytes::from_static(node.class.as_bytes())),
            compression: Some(Compression::default()),
            declarations: Arc::clone(&self.declarations),
            undeclared: Undeclared::Ignore,
            setup: Some(Setup {
                events: self.declarations.events.keys().cloned().collect(),
                capture_filter: node.capture_filter.map(|f| Bytes::from_static(f.as_bytes())),
                accept_input: true,
                ..Setup::default()
            }),
            ..Config::default()
        }
    }
}

/// Returns the calls that a node makes, with values that differ from call to call.
fn calls(declarations: &Declarations, from: u64) -> Result<Vec<Event>, ParseError> {
    let mut events = Vec::new();
    for n in from..from + ROUNDS {
        let (low, odd) = (n % 256, n % 2 == 1);
        let color = ["RED", "GREEN", "BLUE"][usize::try_from(n % 3).unwrap_or_default()];
        let label = if odd { format!(", $label=\"point {n}\"") } else { String::new() };
        let truth = if odd { 'T' } else { 'F' };
        let transport = if odd { "tcp" } else { "udp" };
        for call in [
            format!("Demo::numbers({n}, -{n}, {n}.25, {truth})"),
            format!("Demo::texts(\"line {n}\\n\\x00\\xff\", /a{n}+b/)"),
            format!("Demo::times(time(1500000000.{n}), {n} min)"),
            format!(
                "Demo::network(10.0.0.{low}, [2001:db8::{n:x}], 10.{low}.0.0/16, {n}/{transport})"
            ),
            format!("Demo::colors({color})"),
            format!("Demo::points([$x={n}.5, $y=-{n}.5{label}])"),
            format!(
                "Demo::sets(set(10.0.0.{low}, [::1]), set([\"a{n}\", 80/tcp], [\"b\", {n}/udp]))"
            ),
            format!("Demo::tables(table([\"a{n}\"] = {n}, [\"b\"] = 2))"),
            format!("Demo::vectors(vector({n}, 1, 2), vector([$x=0.0, $y={n}.0]))"),
            format!("Demo::big(\"{}\")", format!("{n} bottles ").repeat(200)),
            "Demo::nothing()".to_owned(),
        ] {
            let number = u32::try_from(events.len()).unwrap_or_default();
            let event = Event::parse(&call, declarations)?;
            // Times of its own, so that they are compared, too.
            events.push(Event { time: 1_500_000_000.0 + f64::from(number), ..event });
        }
    }
    Ok(events)
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_sent_by_both_with_different_values() {
        let script = Script::new().unwrap();
        assert_eq!(script.kinds(), 11);
        let [one, other] = &script.nodes;
        assert_eq!(one.calls.len(), 11 * 25);
        for (index, (call, next)) in one.calls.iter().zip(&other.calls).enumerate() {
            let differs =
                call.args != next.args || call.args.is_empty() || &call.name == "Demo::colors";
            assert!(differs, "{index}: {call:?}");
        }
    }
}
