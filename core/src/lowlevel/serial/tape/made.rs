//! The containers that were made of a SERIAL, for references to them.

use std::sync::Weak;

use crate::data::{Opaque, Record, Table, Value, Vector};

/// A container that was made of a SERIAL.
///
/// Whoever refers to it gets the same one, as long as anybody holds it: what was changed is another.
#[derive(Debug)]
pub(in super::super) struct Made {
    /// Its place on the tape.
    pub(in super::super) place: u32,
    pub(in super::super) container: Container,
}

#[derive(Debug)]
pub(in super::super) enum Container {
    /// It is being read.
    Pending,
    Record(Weak<Record>),
    Vector(Weak<Vector>),
    Table(Weak<Table>),
    Opaque(Weak<Opaque>),
}

impl Container {
    /// Returns the container, if anybody holds it.
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
