//! Writes a SERIAL byte for byte as it was received.

use std::any::Any;
use std::sync::Arc;

use crate::data::{Type, TypeTag};

use super::super::cache::{Decision, Kept};
use super::super::transcript::{Location, Mark};
use super::super::{Family, Transcript};
use super::decide::{Decide, Short};
use crate::wire::DataFormat;

/// Repeats the decisions of a transcript.
pub(super) struct Replay<'a> {
    transcript: &'a Transcript,
    at: usize,
    /// The position of the value just decided on among the marks, which include locations.
    value: usize,
    types: usize,
    locations: usize,
    serial_type: u16,
    data_format: DataFormat,
}

impl<'a> Replay<'a> {
    pub(super) fn new(transcript: &'a Transcript, data_format: DataFormat) -> Replay<'a> {
        let (at, value, types, locations, serial_type) = (0, 0, 0, 0, 0);
        Replay { transcript, at, value, types, locations, serial_type, data_format }
    }

    fn next(&mut self) -> Decision {
        let mark = self.transcript.marks.get(self.at).copied();
        self.at += 1;
        match mark {
            Some(Mark::Full { pid, serial_type }) => {
                self.serial_type = serial_type;
                Decision::Full(pid)
            }
            Some(Mark::Reference { pid }) => Decision::Reference(pid),
            // The content has more objects than were read. Comparing the bytes reveals this.
            None => Decision::Reference(0),
        }
    }
}

impl Decide for Replay<'_> {
    const USUAL: bool = false;

    fn base(&mut self, _: TypeTag) -> Decision {
        self.next()
    }

    fn value_of_known(&mut self, _: TypeTag) -> Option<(u64, u64)> {
        None
    }

    fn value_and_type(&mut self, _: TypeTag) -> Option<(Short, u64, u64)> {
        None
    }

    fn shared<T: Any + Send + Sync>(&mut self, _: &Arc<T>, _: Family) -> Decision {
        self.next()
    }

    fn container(&mut self, _: usize, _: bool, _: impl FnOnce() -> Kept) -> Decision {
        self.anonymous(Family::Val)
    }

    fn again(&mut self, _: u64) -> Decision {
        self.anonymous(Family::Val)
    }

    fn anonymous(&mut self, family: Family) -> Decision {
        if family == Family::Val {
            self.value = self.at;
        }
        self.next()
    }

    fn serial_type(&self, _: Family, _: u8) -> u16 {
        self.serial_type
    }

    fn refers(&self) -> bool {
        true
    }

    fn data_format(&self) -> DataFormat {
        self.data_format
    }

    fn attribute_exprs(&self) -> bool {
        true
    }

    fn other_type(&mut self) -> Option<Type> {
        let (at, ty) = self.transcript.types.get(self.types)?;
        if *at == self.value {
            self.types += 1;
            Some(ty.clone())
        } else {
            None
        }
    }

    fn location(&mut self) -> Option<Location> {
        let (at, location) = self.transcript.locations.get(self.locations)?;
        if *at + 1 == self.at {
            self.locations += 1;
            Some(location.clone())
        } else {
            None
        }
    }
}
