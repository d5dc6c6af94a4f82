//! Cases about sent state accesses (2§9).

use brocomm::data::Value;
use brocomm::lowlevel::serial::{Opcode, Serial, StateAccess};

use super::{access, count, synchronized};
use crate::suite::{Case, Entry, Exchange, Outcome, Stop};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::must(
            "2:9/1",
            "an increment is sent with the new value and the old one",
            "Requests sync, and has conformance_n incremented. The access must be an `incr` whose \
             operands differ by 1, because a receiver adds the difference.",
            |trial| {
                let mut peer = synchronized(trial, Some(false))?;
                peer.send_event("conformance_change", &[Value::string("k")])?;
                let access = peer.expect_access()?;
                let incr = access.opcode == Opcode::Incr && access.target == "conformance_n";
                Stop::unless(incr, || format!("{} {}", access.opcode.name(), access.target))?;
                match (&access.op1, &access.op2) {
                    (Value::Count(new), Some(Value::Count(old)))
                        if new.checked_sub(*old) == Some(1) =>
                    {
                        Ok(())
                    }
                    operands => Stop::failed(format!("its operands are {operands:?}")),
                }
            },
        ),
        Case::must(
            "2:9/2",
            "an assignment to an element is sent with its index",
            "Requests sync, and has conformance_t[\"element\"] assigned. The access must be an \
             `assign_idx` for the variable or the unique ID of its table. Its first operand is the \
             index as a list of one string.",
            |trial| {
                let mut peer = synchronized(trial, Some(false))?;
                peer.send_event("conformance_change", &[Value::string("element")])?;
                let access = next(&mut peer, Opcode::AssignIdx)?;
                let index = match &access.op1 {
                    Value::List(list) => list.items == [Value::string("element")],
                    _ => false,
                };
                Stop::unless(index, || format!("its index is {:?}", access.op1))?;
                let number = matches!(access.op2, Some(Value::Count(_)));
                Stop::unless(number, || format!("its second operand is {:?}", access.op2))
            },
        ),
        Case::must(
            "2:9/3",
            "a peer that did not request sync gets no accesses",
            "Has the state changed without a request for sync.",
            |trial| {
                let mut peer = synchronized(trial, None)?;
                peer.send_event("conformance_change", &[Value::string("secret")])?;
                no_access(&mut peer)
            },
        ),
        Case::must(
            "2:9/4",
            "received changes are not sent back",
            "Sends an increment to an implementation when both sides have requested sync. It must \
             not send an access in return.",
            |trial| {
                let mut peer = synchronized(trial, Some(false))?;
                peer.send_access(access(
                    Opcode::Incr,
                    "conformance_n",
                    [count(5), count(4), None],
                ))?;
                no_access(&mut peer)
            },
        )
        .entry(Entry::Sync),
        Case::must(
            "2:9/5",
            "changes are sent to all peers that requested sync",
            "Has the state changed on one of two connections that requested sync. Both must \
             receive the change.",
            |trial| {
                let mut first = synchronized(trial, Some(false))?;
                let mut second = synchronized(trial, Some(false))?;
                first.send_event("conformance_change", &[Value::string("both")])?;
                for peer in [&mut first, &mut second] {
                    next(peer, Opcode::Incr)?;
                    next(peer, Opcode::AssignIdx)?;
                }
                Ok(())
            },
        )
        .only(crate::suite::Role::Listens),
    ]
}

/// Waits for an access with this opcode, and skips others.
fn next(peer: &mut Exchange, opcode: Opcode) -> Outcome<StateAccess> {
    loop {
        let access = peer.expect_access()?;
        if access.opcode == opcode {
            return Ok(access);
        }
    }
}

/// Checks that no access arrives before the next answer.
fn no_access(peer: &mut Exchange) -> Outcome {
    peer.answers_after(|got| match &got.serial {
        Some(Serial::StateAccess(access)) => {
            Stop::failed(format!("{} {} came", access.opcode.name(), access.target))
        }
        _ => Ok(()),
    })
}
