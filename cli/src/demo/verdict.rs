//! Judges whether everything arrived.

use brocomm::connection::{Observed, Role};
use brocomm::data::Event;
use brocomm::wire::MessageType;

use super::node::{Node, Outcome};
use crate::decode::printed;
use crate::notice::call;

/// Compares what a node has seen with what the other said.
pub(super) fn of_outcome(here: &Node, there: &Node, outcome: &Outcome) -> Vec<String> {
    let mut findings = outcome.trouble.clone();
    let mut check = |what: &str, expected: Option<&[u8]>, got: Option<&[u8]>| {
        if expected != got {
            let show = |text: Option<&[u8]>| text.map_or("none".to_owned(), printed::bytes);
            findings.push(format!("{what} is {}, not {}", show(got), show(expected)));
        }
    };
    check("class", Some(there.class.as_bytes()), outcome.class.as_deref());
    check("description", Some(there.name.as_bytes()), outcome.description.as_deref());
    let filter = there.capture_filter.map(str::as_bytes);
    check("capture filter", filter, outcome.capture_filter.as_deref());
    let unasked = here.calls.iter().find(|call| !outcome.requested.contains(&call.name));
    findings.extend(unasked.map(|call| format!("{} was not requested", call.name)));
    findings.extend(difference(&there.calls, &outcome.events));
    findings.iter_mut().for_each(|finding| *finding = format!("at {}: {finding}", here.name));
    findings
}

/// Returns the first difference.
fn difference(sent: &[Event], got: &[Event]) -> Option<String> {
    let pairs = sent.iter().zip(got).enumerate();
    for (index, (sent, got)) in pairs {
        if sent != got {
            return Some(format!("event {index} is {}, sent was {}", call(got), call(sent)));
        }
    }
    (sent.len() != got.len()).then(|| format!("{} events of {} came", got.len(), sent.len()))
}

/// Checks that the wire carried what it should, and could be followed.
pub(super) fn of_wire(observed: &[Observed]) -> Vec<String> {
    let mut findings = Vec::new();
    for seen in observed {
        if let Err(error) = &seen.message {
            findings.push(format!("on the wire: {error}"));
        }
        if let Some(Err(error)) = &seen.serial {
            findings.push(format!("on the wire: {error}"));
        }
    }
    for side in [Role::Initiator, Role::Acceptor] {
        let compressed = observed.iter().any(|seen| {
            let message = seen.message.as_ref().map(|message| message.message_type());
            seen.side == side && message == Ok(MessageType::Compress)
        });
        if !compressed {
            findings.push(format!("on the wire: no COMPRESS of the {side:?}"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use brocomm::data::{Name, Value};

    use super::super::script::Script;
    use super::*;

    fn perfect(there: &Node, here: &Node) -> Outcome {
        Outcome {
            address: ([127, 0, 0, 1], 1).into(),
            class: Some(there.class.into()),
            description: Some(Name::from(there.name)),
            requested: here.calls.iter().map(|call| call.name.clone()).collect(),
            capture_filter: there.capture_filter.map(Into::into),
            events: there.calls.clone(),
            trouble: vec![],
        }
    }

    #[test]
    fn each_flaw_is_found() {
        let [there, here] = Script::new().unwrap().nodes;
        let good = perfect(&there, &here);
        assert_eq!(of_outcome(&here, &there, &good), [""; 0]);
        let flaws: [fn(&mut Outcome); 9] = [
            |outcome| outcome.class = None,
            |outcome| outcome.description = None,
            |outcome| outcome.capture_filter = None,
            |outcome| outcome.requested.clear(),
            |outcome| outcome.trouble.push("trouble".to_owned()),
            |outcome| drop(outcome.events.pop()),
            |outcome| outcome.events.swap(3, 4),
            |outcome| outcome.events[0].args[0] = Value::Count(7_777),
            |outcome| outcome.events[0].time += 1.0,
        ];
        for (index, flaw) in flaws.into_iter().enumerate() {
            let mut outcome = good.clone();
            flaw(&mut outcome);
            assert_eq!(of_outcome(&here, &there, &outcome).len(), 1, "flaw {index}");
        }
    }

    #[test]
    fn a_wire_without_compression_is_found() {
        assert_eq!(of_wire(&[]).len(), 2);
    }
}
