//! Builds SERIALs field by field.

use brocomm::data::Value;
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::serial::{Mode, Reader, ReaderLimits, SerialError, SerialErrorKind as Kind};
use bytes::Bytes;

/// Builds a SERIAL as a sender without a cache does: every object in full, with ID 0.
#[derive(Clone, Default)]
pub(crate) struct Build(pub(crate) Vec<u8>);

impl Build {
    /// A call of `f` with this many arguments.
    pub(crate) fn call(args: u32) -> Build {
        Build::default().u8(b'e').str(b"f").f64(1.0).u32(args)
    }

    pub(crate) fn u8(mut self, v: u8) -> Build {
        self.0.push(v);
        self
    }

    pub(crate) fn u16(mut self, v: u16) -> Build {
        self.0.extend(v.to_be_bytes());
        self
    }

    pub(crate) fn u32(mut self, v: u32) -> Build {
        self.0.extend(v.to_be_bytes());
        self
    }

    pub(crate) fn u64(mut self, v: u64) -> Build {
        self.0.extend(v.to_be_bytes());
        self
    }

    pub(crate) fn f64(self, v: f64) -> Build {
        self.u64(v.to_bits())
    }

    pub(crate) fn str(mut self, v: &[u8]) -> Build {
        self = self.u32(v.len() as u32);
        self.0.extend(v);
        self
    }

    /// The header of a full object, and "no location" for classes that can have a location.
    pub(crate) fn object(self, pid: u32, serial_type: u16) -> Build {
        let this = self.u8(1).u32(pid).u16(serial_type);
        if serial_type & 0x8000 != 0 { this.u8(0) } else { this }
    }

    pub(crate) fn reference(self, pid: u32) -> Build {
        self.u8(0).u32(pid)
    }

    /// The start of an anonymous type, in full, with these tags.
    pub(crate) fn ty(self, class: u16, tag: u8, internal: u8) -> Build {
        self.u8(1).object(0, 0x8a00 | class).u8(tag).u8(internal).u8(0).u8(1).str(b"")
    }

    /// The rest of the plain count type, and a count.
    pub(crate) fn plain(self, v: u64) -> Build {
        self.u8(3).u8(2).u8(0).u8(1).str(b"").u64(v)
    }

    pub(crate) fn count_value(self, v: u64) -> Build {
        self.object(0, 0x8801).ty(1, 3, 2).u64(v)
    }

    pub(crate) fn read(self) -> Result<Serial, SerialError> {
        Reader::new(ReaderLimits::default()).read(&Bytes::from(self.0), Mode::HANDSHAKE)
    }

    pub(crate) fn fault(self) -> Kind {
        self.read().expect_err("this must be rejected").kind
    }
}

pub(crate) fn args(serial: Serial) -> Vec<Value> {
    match serial {
        Serial::Event(event) => event.args,
        other => panic!("not an event: {other:?}"),
    }
}
