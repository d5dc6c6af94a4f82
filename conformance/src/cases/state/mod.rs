//! Cases about synchronized state (2§9, §3.4).

mod replayed;
mod sent;

use brocomm::data::{List, Type, Value};
use brocomm::lowlevel::connection::Authority;
use brocomm::lowlevel::serial::{Opcode, StateAccess};
use brocomm::lowlevel::wire::Message;
use brocomm::node::SyncRole;

use crate::suite::{Capability, Case, Exchange, Outcome, Stop, Trial};

pub(super) fn cases() -> Vec<Case> {
    let cases = [sent::cases(), replayed::cases()].concat();
    cases.into_iter().map(|case| case.needs(Capability::Sync)).collect()
}

/// Opens a connection and runs the handshake and Sync. If the suite sends its state, it changes
/// nothing.
fn synchronized(trial: &mut Trial<'_>, sync: Option<bool>) -> Outcome<Exchange> {
    let mut peer = trial.running_as(|hello| hello.sync = sync)?;
    pass_sync(&mut peer)?;
    Ok(peer)
}

/// Runs Sync, if there is one, up to Running. The suite has no state to send.
pub(crate) fn pass_sync(peer: &mut Exchange) -> Outcome {
    match peer.authority() {
        Some(Authority::Sync(SyncRole::Sender)) => peer.send(&Message::PhaseDone)?,
        Some(Authority::Sync(SyncRole::Receiver)) => {
            while peer.theirs().phase_done < 2 {
                if peer.receive()?.is_none() {
                    return Stop::failed("it closed the connection in Sync");
                }
            }
        }
        _ => {}
    }
    peer.answers()
}

/// Returns an operation on the target with this name.
pub(crate) fn access(opcode: Opcode, target: &str, operands: [Option<Value>; 3]) -> StateAccess {
    let [op1, op2, op3] = operands;
    StateAccess { opcode, target: target.into(), op1: op1.unwrap_or(Value::Count(0)), op2, op3 }
}

/// Returns an index of `conformance_t`.
pub(crate) fn key(text: &str) -> Value {
    List::new(Type::list(vec![Type::STRING]), vec![Value::string(text)]).into()
}

fn count(number: u64) -> Option<Value> {
    Some(Value::Count(number))
}

/// Returns the values of the implementation's variables, `conformance_n` and `conformance_t`.
pub(crate) fn report(peer: &mut Exchange) -> Outcome<(u64, Value)> {
    peer.send_event("conformance_report", &[])?;
    let event = peer.expect_event("conformance_reported")?;
    match &event.args[..] {
        [Value::Count(n), t @ Value::Table(_)] => Ok((*n, t.clone())),
        other => Stop::failed(format!("conformance_reported has the arguments {other:?}")),
    }
}

/// Returns the value of a key in `conformance_t`.
fn at(table: &Value, key: &str) -> Option<u64> {
    let Value::Table(table) = table else { return None };
    match table.get(&[Value::string(key)])?.value {
        Some(Value::Count(number)) => Some(number),
        _ => None,
    }
}
