//! The variables of one side of a session, as far as they can be derived from the messages.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::{Global, Name, Value};
use brocomm::lowlevel::serial::{Id, Opcode, StateAccess};
use brocomm::lowlevel::syntax::{Attribute, AttributeTag, Attributes};
use brocomm::state::{StateError, Store, StoreLimits};

use crate::decode::variables::Variables;

/// The time during which a recorded message may not have reached its receiver yet.
///
/// An immediate reaction may be recorded some hundred milliseconds later, because of queues and
/// delayed TCP acknowledgements.
const CROSSING: Duration = Duration::from_millis(150);

/// A replica of the synchronized variables of one side.
#[derive(Debug)]
pub(super) struct Replica {
    store: Store,
    known: Variables,
    /// The messages on their way to the side, with the times when they were recorded.
    coming: VecDeque<(Duration, Received)>,
    ignored: Ignored,
}

/// A message that a side receives.
#[derive(Debug)]
pub(super) enum Received {
    Access(StateAccess),
    Id(Arc<Id>),
}

/// The operations that could not be applied.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    pub(super) count: u64,
    pub(super) first: Option<StateError>,
}

impl Replica {
    /// Creates a replica with the side's initial values.
    pub(super) fn new(side: &str, known: Variables) -> Replica {
        // No peer's IDs have this prefix: theirs contain a process ID.
        let mut store = Store::new(format!("#{side}#"), StoreLimits::default());
        let mut ignored = Ignored::default();
        for global in known.declared.globals.iter() {
            if global.has(AttributeTag::Synchronized) {
                ignored.note(store.declare(global));
            }
        }
        Replica { store, known, coming: VecDeque::new(), ignored }
    }

    /// Applies what the side sends, which it has already applied itself. `receives` says whether it
    /// also gets the other side's operations.
    pub(super) fn sends(&mut self, time: Duration, access: &StateAccess, receives: bool) {
        self.receive_until(time);
        self.declare_assigned(access);
        let exact;
        let access = match receives {
            true => access,
            // If nothing else changes the variable, the side has the new value.
            false => {
                exact = assignment(access);
                &exact
            }
        };
        let mut result = self.store.apply_sent(access);
        if matches!(result, Err(StateError::UnknownTarget(_))) && !self.coming.is_empty() {
            // The target must have arrived with an earlier message.
            self.settle();
            result = self.store.apply_sent(access);
        }
        self.ignored.note(result.map(drop));
    }

    /// Queues what the other side sends. It is applied when it must have arrived.
    pub(super) fn receives(&mut self, time: Duration, received: Received) {
        self.receive_until(time);
        self.coming.push_back((time, received));
    }

    /// Applies everything that is on its way.
    pub(super) fn settle(&mut self) {
        while self.receive_next() {}
    }

    /// Returns the variables that have a value, in order of declaration.
    pub(super) fn values(&self) -> impl Iterator<Item = (&Name, Value)> {
        let names = self.store.names();
        names.filter_map(|name| {
            Some((name, self.store.get(brocomm::state::Path::to(name.clone())).ok()?))
        })
    }

    /// Returns the operations that could not be applied since the last call.
    pub(super) fn take_ignored(&mut self) -> Ignored {
        std::mem::take(&mut self.ignored)
    }

    /// Applies what must have arrived at this time.
    fn receive_until(&mut self, time: Duration) {
        while self.coming.front().is_some_and(|(sent, _)| *sent + CROSSING <= time) {
            self.receive_next();
        }
    }

    fn receive_next(&mut self) -> bool {
        let Some((_, received)) = self.coming.pop_front() else { return false };
        let result = match received {
            Received::Access(access) => {
                if !self.known.complete || self.known.untyped.contains(&access.target) {
                    self.declare_assigned(&access);
                }
                // As in Bro, where containers keep their contents during Sync (2§9).
                self.store.apply(&access).map(drop)
            }
            Received::Id(id) => self.take(&id),
        };
        match result {
            // The side does not have this variable.
            Err(StateError::UnknownTarget(name)) if !name.starts_with(b"#") => {}
            result => self.ignored.note(result),
        }
        true
    }

    /// Assigns the value of an ID to the variable if the types are equal (2§8).
    fn take(&mut self, id: &Id) -> Result<(), StateError> {
        let declared = self.known.declared.globals.get(&id.name);
        if declared.is_some_and(|declared| declared.ty != id.ty) {
            return Ok(());
        }
        let attributes = match declared {
            Some(declared) => declared.attributes.clone(),
            None => id.attributes.clone(),
        };
        self.store
            .declare(&Global { attributes, ..Global::new(id.name.clone(), id.ty.clone()) })?;
        self.store.apply_id(id).map(drop)
    }

    /// Declares an unknown variable that is assigned to, with the type of the value.
    fn declare_assigned(&mut self, access: &StateAccess) {
        let is_known = access.opcode != Opcode::Assign
            || access.target.starts_with(b"#")
            || self.store.names().any(|name| *name == access.target);
        if is_known {
            return;
        }
        let ty = access.op1.ty();
        let mut list = vec![Attribute { tag: AttributeTag::Synchronized, expr: None }];
        if let Value::Table(table) = &access.op1 {
            let more = table.attributes.iter().flat_map(|attributes| &attributes.list);
            list.extend(more.filter(|one| one.tag != AttributeTag::Synchronized).cloned());
        }
        let attributes = Some(Arc::new(Attributes { ty: ty.clone(), list }));
        let global = Global { attributes, ..Global::new(access.target.clone(), ty) };
        self.ignored.note(self.store.declare(&global));
    }
}

impl Ignored {
    fn note(&mut self, result: Result<(), StateError>) {
        if let Err(error) = result {
            self.count += 1;
            self.first.get_or_insert(error);
        }
    }
}

/// Converts an increment to an assignment.
fn assignment(access: &StateAccess) -> StateAccess {
    let mut access = access.clone();
    match access.opcode {
        Opcode::Incr => (access.opcode, access.op2) = (Opcode::Assign, None),
        Opcode::IncrIdx => (access.opcode, access.op3) = (Opcode::AssignIdx, None),
        _ => {}
    }
    access
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(opcode: Opcode, op1: u64, op2: Option<u64>) -> StateAccess {
        let (op1, op2) = (Value::Count(op1), op2.map(Value::Count));
        StateAccess { opcode, target: "n".into(), op1, op2, op3: None }
    }

    fn assign(value: u64) -> StateAccess {
        access(Opcode::Assign, value, None)
    }

    fn replica() -> Replica {
        let mut known = Variables { complete: true, ..Variables::default() };
        known.declared.read("global n = 1 &synchronized;").unwrap();
        Replica::new("connector", known)
    }

    fn n(replica: &mut Replica) -> Value {
        replica.settle();
        let (name, value) = replica.values().next().unwrap();
        assert_eq!(name.to_string(), "n");
        value
    }

    fn receive(replica: &mut Replica, millis: u64, access: StateAccess) {
        replica.receives(Duration::from_millis(millis), Received::Access(access));
    }

    fn send(replica: &mut Replica, millis: u64, access: &StateAccess, receives: bool) {
        replica.sends(Duration::from_millis(millis), access, receives);
    }

    #[test]
    fn crossing_messages_arrive_after_those_sent() {
        let mut replica = replica();
        receive(&mut replica, 100, assign(5));
        send(&mut replica, 170, &assign(6), true);
        assert_eq!(n(&mut replica), Value::Count(5));
    }

    #[test]
    fn messages_sent_much_later_come_after_those_received() {
        let mut replica = replica();
        receive(&mut replica, 100, assign(5));
        send(&mut replica, 300, &assign(6), true);
        assert_eq!(n(&mut replica), Value::Count(6));
    }

    #[test]
    fn replies_come_after_the_messages_that_they_answer() {
        let mut replica = replica();
        receive(&mut replica, 100, assign(5));
        replica.settle();
        send(&mut replica, 101, &assign(6), true);
        assert_eq!(n(&mut replica), Value::Count(6));
    }

    #[test]
    fn increments_that_cross_add_up() {
        let mut replica = replica();
        receive(&mut replica, 100, access(Opcode::Incr, 4, Some(1)));
        send(&mut replica, 110, &access(Opcode::Incr, 2, Some(1)), true);
        assert_eq!(n(&mut replica), Value::Count(5));
    }

    #[test]
    fn a_side_that_only_sends_has_what_it_sent() {
        let mut replica = replica();
        // The old value 7 was not sent.
        send(&mut replica, 100, &access(Opcode::Incr, 8, Some(7)), false);
        assert_eq!(n(&mut replica), Value::Count(8));
    }

    #[test]
    fn messages_in_transit_need_bounded_memory() {
        let mut replica = replica();
        (0..10_000).for_each(|at| receive(&mut replica, at, assign(at)));
        assert!(replica.coming.len() < 200);
        assert_eq!(n(&mut replica), Value::Count(9_999));
    }
}
