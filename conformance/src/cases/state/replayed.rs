//! Cases about received state accesses (2§9).

use brocomm::data::{Table, Type, Value};
use brocomm::lowlevel::serial::{Opcode, StateAccess};

use super::{access, at, count, key, report, synchronized};
use crate::suite::{Case, Entry, Exchange, Outcome, Stop, Trial};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = carried_out();
    cases.extend(ignored());
    let refused = Case::must(
        "2:9/40",
        "accesses are ignored without a sync request",
        "Sends an increment to an implementation that did not request sync.",
        |trial| {
            let mut peer = synchronized(trial, Some(false))?;
            unchanged(&mut peer, access(Opcode::Incr, "conformance_n", [count(9), count(1), None]))
        },
    );
    cases.into_iter().map(|case| case.entry(Entry::Sync)).chain([refused]).collect()
}

fn carried_out() -> Vec<Case> {
    vec![
        Case::must(
            "2:9/10",
            "an increment adds the difference of its operands",
            "Sends an `incr` with the operands 1005 and 1000. The variable must grow by 5, \
             whatever its value, so that increments on both sides commute.",
            |trial| {
                let mut peer = synchronized(trial, Some(false))?;
                let (before, _) = report(&mut peer)?;
                peer.send_access(access(
                    Opcode::Incr,
                    "conformance_n",
                    [count(1005), count(1000), None],
                ))?;
                let (after, _) = report(&mut peer)?;
                Stop::unless(after == before + 5, || format!("{before} became {after}"))
            },
        ),
        Case::must(
            "2:9/11",
            "an assignment to a variable is applied",
            "Sends an `assign` of 4711 to conformance_n.",
            |trial| {
                let mut peer = synchronized(trial, Some(false))?;
                peer.send_access(access(
                    Opcode::Assign,
                    "conformance_n",
                    [count(4711), None, None],
                ))?;
                let (n, _) = report(&mut peer)?;
                Stop::unless(n == 4711, || format!("conformance_n is {n}"))
            },
        ),
        Case::must(
            "2:9/12",
            "elements are assigned, incremented and deleted",
            "Sends an `assign_idx`, an `incr_idx` and a `del` for one element of conformance_t, \
             and checks it after each.",
            |trial| {
                let mut peer = synchronized(trial, Some(false))?;
                let of =
                    |opcode, op2, op3| access(opcode, "conformance_t", [Some(key("x")), op2, op3]);
                let steps = [
                    (of(Opcode::AssignIdx, count(10), None), Some(10)),
                    (of(Opcode::IncrIdx, count(103), count(100)), Some(13)),
                    (of(Opcode::AssignIdx, count(1), None), Some(1)),
                    (of(Opcode::Del, None, None), None),
                ];
                for (access, expected) in steps {
                    let opcode = access.opcode.name();
                    peer.send_access(access)?;
                    let (_, t) = report(&mut peer)?;
                    let found = at(&t, "x");
                    Stop::unless(found == expected, || {
                        format!("after {opcode} the element is {found:?}, not {expected:?}")
                    })?;
                }
                Ok(())
            },
        ),
        Case::must(
            "2:9/13",
            "an element that expires is deleted",
            "Sends an `expire` for an existing element, and for a missing one.",
            |trial| {
                let mut peer = synchronized(trial, Some(false))?;
                for (opcode, name, value) in [
                    (Opcode::AssignIdx, "old", count(1)),
                    (Opcode::Expire, "old", None),
                    (Opcode::Expire, "never there", None),
                ] {
                    peer.send_access(access(
                        opcode,
                        "conformance_t",
                        [Some(key(name)), value, None],
                    ))?;
                }
                let (_, t) = report(&mut peer)?;
                Stop::unless(at(&t, "old").is_none(), || "the element still exists".to_owned())
            },
        ),
        Case::must(
            "2:9/14",
            "a container is addressed by its unique ID",
            "Assigns conformance_t a new table with the unique ID `#suite#1#7`, and then assigns \
             an element under that ID.",
            |trial| {
                let mut peer = synchronized(trial, Some(false))?;
                let mut table = Table::new(Type::table(vec![Type::STRING], Type::COUNT));
                table.mutable.unique_id = "#suite#1#7".into();
                table.mutable.properties = 2;
                table.push(vec![Value::string("a")], count(1));
                let table = Some(Value::Table(table.into()));
                peer.send_access(access(Opcode::Assign, "conformance_t", [table, None, None]))?;
                let operands = [Some(key("b")), count(2), None];
                peer.send_access(access(Opcode::AssignIdx, "#suite#1#7", operands))?;
                let (_, t) = report(&mut peer)?;
                let found = (at(&t, "a"), at(&t, "b"));
                Stop::unless(found == (Some(1), Some(2)), || format!("it has {found:?}"))
            },
        ),
        Case::must(
            "2:9/15",
            "state that arrives in Sync is applied",
            "Announces the maximum runtime (a signed number), so that the suite sends its state: \
             conformance_n is 77.",
            |trial: &mut Trial<'_>| {
                let mut peer = trial.running_as(|hello| {
                    hello.sync = Some(false);
                    hello.version.runtime = i32::MAX as u32;
                })?;
                peer.send_access(access(Opcode::Assign, "conformance_n", [count(77), None, None]))?;
                peer.send(&brocomm::lowlevel::wire::Message::PhaseDone)?;
                let (n, _) = report(&mut peer)?;
                Stop::unless(n == 77, || format!("conformance_n is {n}"))
            },
        ),
    ]
}

/// Cases about accesses that must be ignored.
fn ignored() -> Vec<Case> {
    let ignores = |id, title, description, access: fn() -> StateAccess| {
        Case::should(id, title, description, move |trial| {
            let mut peer = synchronized(trial, Some(false))?;
            unchanged(&mut peer, access())
        })
    };
    vec![
        ignores(
            "2:9/30",
            "an access to an unknown variable is ignored",
            "Sends an assignment to `conformance_nobody`.",
            || access(Opcode::Assign, "conformance_nobody", [count(1), None, None]),
        ),
        ignores(
            "2:9/31",
            "an access to an unknown unique ID is ignored",
            "Sends an assignment to an element of `#nobody#1#1`.",
            || access(Opcode::AssignIdx, "#nobody#1#1", [Some(key("x")), count(1), None]),
        ),
        ignores(
            "2:9/32",
            "an element of a variable without elements is ignored",
            "Sends an assignment to an element of conformance_n, a count.",
            || access(Opcode::AssignIdx, "conformance_n", [Some(key("x")), count(1), None]),
        ),
        ignores(
            "2:9/33",
            "an increment of a table is ignored",
            "Sends an increment of conformance_t.",
            || access(Opcode::Incr, "conformance_t", [count(2), count(1), None]),
        ),
        ignores(
            "2:9/34",
            "a value of another type is ignored",
            "Assigns a string to conformance_n, a count.",
            || access(Opcode::Assign, "conformance_n", [Some(Value::string("x")), None, None]),
        ),
        ignores(
            "2:9/35",
            "an index of another type is ignored",
            "Assigns an element of conformance_t with a count as its index. The indices are \
             strings.",
            || access(Opcode::AssignIdx, "conformance_t", [count(1), count(1), None]),
        ),
        ignores(
            "2:9/36",
            "a print is ignored",
            "Sends an access of the kind `print`, which Bro never sends.",
            || access(Opcode::Print, "conformance_n", [count(1), None, None]),
        ),
        ignores(
            "2:9/37",
            "reading a missing element changes nothing",
            "Sends a `read_idx` for an element that conformance_t does not have.",
            || access(Opcode::ReadIdx, "conformance_t", [Some(key("never there")), None, None]),
        ),
    ]
}

/// Sends an access, and checks that it changes nothing and that the connection stays.
fn unchanged(peer: &mut Exchange, access: StateAccess) -> Outcome {
    let before = report(peer)?;
    peer.send_access(access)?;
    let after = report(peer)?;
    Stop::unless(before == after, || {
        let line = |(n, t): &(u64, Value)| format!("{n} and {}", t.to_line());
        format!("{} became {}", line(&before), line(&after))
    })?;
    peer.answers()
}
