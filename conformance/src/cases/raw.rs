//! SERIALs encoded by hand, for cases that a writer cannot encode (2§2–2§6).

use brocomm::lowlevel::serial::{Caching, Mode};
use brocomm::lowlevel::wire::DataFormat;

use crate::suite::Exchange;

/// An encoder of objects for one connection: with 32-bit or 64-bit IDs, types marked as stable or
/// not (2§3), and in its data format (2§13).
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw(Mode);

/// The ID of an object, or 0 if it must not be cached.
pub(super) type Pid = u64;

impl Raw {
    pub(super) fn on(peer: &Exchange) -> Raw {
        Raw(peer.mode_out())
    }

    /// Returns a call of `conformance_echo` with an argument.
    pub(super) fn echo(self, argument: &[u8]) -> Vec<u8> {
        self.call("conformance_echo", argument)
    }

    /// Returns a call of an event with an argument.
    pub(super) fn call(self, name: &str, argument: &[u8]) -> Vec<u8> {
        let name = crate::suite::chunk(name.as_bytes());
        [b"e", &name[..], &1.0_f64.to_be_bytes(), &[0, 0, 0, 1], argument].concat()
    }

    /// Returns a reference to an object that was sent before.
    pub(super) fn reference(self, pid: Pid) -> Vec<u8> {
        [vec![0], self.pid(pid)].concat()
    }

    /// Returns a full `count` with a full type.
    pub(super) fn count(self, pid: Pid, type_pid: Pid, number: u64) -> Vec<u8> {
        let ty = self.count_type(type_pid);
        let number = number.to_be_bytes().to_vec();
        [self.object(pid, 0x8801), ty, self.value_attributes(), number].concat()
    }

    /// Returns the full type `count`.
    pub(super) fn count_type(self, pid: Pid) -> Vec<u8> {
        self.ty(pid, 1, 3, 2, &[])
    }

    /// Returns the full type `any`.
    pub(super) fn any_type(self, pid: Pid) -> Vec<u8> {
        self.ty(pid, 1, 15, 7, &[])
    }

    /// Returns a full vector type. `yields` is the element type.
    pub(super) fn vector_type(self, pid: Pid, yields: &[u8]) -> Vec<u8> {
        let number = if self.0.data_format == DataFormat::V23 { 23 } else { 22 };
        self.ty(pid, 11, number, 7, yields)
    }

    /// Returns the part of a full vector before its elements.
    pub(super) fn vector(self, pid: Pid, ty: &[u8], elements: u32) -> Vec<u8> {
        let content = [&[0, 0, 0, 0, 0][..], &elements.to_be_bytes()].concat();
        [self.object(pid, 0x880c), ty.to_vec(), self.value_attributes(), content].concat()
    }

    /// Returns the flag that a value has no attributes, in data formats that have it.
    fn value_attributes(self) -> Vec<u8> {
        vec![0; usize::from(self.0.data_format.has_value_attributes())]
    }

    /// Returns a reference to a type that was sent before.
    pub(super) fn known_type(self, pid: Pid) -> Vec<u8> {
        [vec![1], self.reference(pid)].concat()
    }

    fn ty(self, pid: Pid, class: u8, tag: u8, internal: u8, rest: &[u8]) -> Vec<u8> {
        let family = if self.0.caching == Caching::Stable { 0xca00 } else { 0x8a00 };
        let head = self.object(pid, family | u16::from(class));
        // No network order, not a shared instance; no name, or no attributes.
        let nameless: &[u8] = if self.0.data_format.has_type_names() { &[0; 4] } else { &[0; 2] };
        [&[1], &head[..], &[tag, internal, 0, 0], nameless, rest].concat()
    }

    /// Returns the start of a full object, up to its absent location.
    pub(super) fn object(self, pid: Pid, class: u16) -> Vec<u8> {
        [vec![1], self.pid(pid), class.to_be_bytes().to_vec(), vec![0]].concat()
    }

    fn pid(self, pid: Pid) -> Vec<u8> {
        if self.0.pid_64bit {
            pid.to_be_bytes().to_vec()
        } else {
            u32::try_from(pid).unwrap_or(u32::MAX).to_be_bytes().to_vec()
        }
    }
}

#[cfg(test)]
mod tests {
    use brocomm::data::Value;
    use brocomm::lowlevel::serial::Serial;
    use brocomm::lowlevel::serial::{Reader, ReaderLimits};

    use super::*;

    #[test]
    fn hand_encoded_objects_decode_to_the_expected_values() {
        let modes = [(false, Caching::Single), (true, Caching::Single), (true, Caching::Stable)];
        let modes =
            modes.map(|(pid_64bit, caching)| Mode { pid_64bit, caching, ..Mode::HANDSHAKE });
        let in_all = |mode: Mode| DataFormat::ALL.map(|format| mode.with_data_format(format));
        for mode in modes.into_iter().flat_map(in_all) {
            let raw = Raw(mode);
            let mut reader = Reader::new(ReaderLimits::default());
            reader.set_cache_size(3000);
            let mut argument = |bytes: Vec<u8>| match reader.read(&bytes.into(), mode).unwrap() {
                Serial::Event(event) if event.name == "conformance_echo" => event.args[0].clone(),
                other => panic!("{other:?}"),
            };
            assert_eq!(argument(raw.echo(&raw.count(5, 6, 41))), Value::Count(41));
            assert_eq!(argument(raw.echo(&raw.reference(5))), Value::Count(41));
            let ty = raw.vector_type(7, &raw.any_type(8));
            let items = [&[1], &raw.count(9, 10, 1)[..], &[1], &raw.reference(9)].concat();
            let vector = argument(raw.echo(&[raw.vector(11, &ty, 2), items].concat()));
            assert_eq!(vector.to_line(), "[1, 1]");
            let again = argument(raw.echo(&raw.vector(12, &raw.known_type(7), 0)));
            assert_eq!(again.to_line(), "[]");
        }
    }
}
