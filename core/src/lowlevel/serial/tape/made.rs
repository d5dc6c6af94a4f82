//! The containers created from a SERIAL, for references to them.

use std::sync::Weak;

use crate::data::{Opaque, Record, Table, Value, Vector};

/// A container created from a SERIAL.
///
/// All references to it share it as long as it exists. A changed container is a different one.
#[derive(Debug)]
pub(in super::super) struct Made {
    /// Its position on the tape.
    pub(in super::super) place: u32,
    pub(in super::super) container: Container,
}

#[derive(Debug, Clone)]
pub(in super::super) enum Container {
    /// It is being read.
    Pending,
    Record(Weak<Record>),
    Vector(Weak<Vector>),
    Table(Weak<Table>),
    Opaque(Weak<Opaque>),
}

impl Container {
    /// Returns the container, if it still exists.
    pub(super) fn get(&self) -> Option<Value> {
        match self {
            Container::Pending => None,
            Container::Record(record) => record.upgrade().map(Value::Record),
            Container::Vector(vector) => vector.upgrade().map(Value::Vector),
            Container::Table(table) => table.upgrade().map(Value::Table),
            Container::Opaque(opaque) => opaque.upgrade().map(Value::Opaque),
        }
    }
}
