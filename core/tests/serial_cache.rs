//! The reader's cache behaves like two plain lists (2§5) for any references.

use brocomm::data::Value;
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::serial::{
    Caching, LazySerial, Mode, Reader, ReaderLimits, SerialErrorKind as Kind,
};
use bytes::Bytes;
use proptest::prelude::*;

/// The kind of object in an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Object {
    Count(u64),
    CountType,
}

/// The cache as specified: lists in the order of last use.
#[derive(Default)]
struct Model {
    stable: Vec<(u64, Object)>,
    unstable: Vec<(u64, Object)>,
    size: usize,
}

impl Model {
    fn register(&mut self, pid: u64, object: Object, mode: Mode) {
        for entry in self.stable.iter_mut().chain(&mut self.unstable) {
            if entry.0 == pid {
                entry.0 = 0;
            }
        }
        let stable = object == Object::CountType && mode.caching == Caching::Stable;
        if stable { &mut self.stable } else { &mut self.unstable }.push((pid, object));
    }

    fn refer(&mut self, pid: u64) -> Option<Object> {
        for list in [&mut self.stable, &mut self.unstable] {
            if let Some(at) = list.iter().position(|entry| entry.0 == pid) {
                let entry = list.remove(at);
                list.push(entry);
                return Some(entry.1);
            }
        }
        None
    }

    fn end(&mut self, mode: Mode) {
        if mode.caching == Caching::Stable {
            for list in [&mut self.stable, &mut self.unstable] {
                list.drain(..list.len().saturating_sub(self.size));
            }
        } else {
            let over = (self.stable.len() + self.unstable.len()).saturating_sub(self.size);
            self.unstable.drain(..over.min(self.unstable.len()));
        }
    }

    fn live(&self) -> Vec<(u64, Object)> {
        let all = self.stable.iter().chain(&self.unstable);
        all.copied().filter(|entry| entry.0 != 0).collect()
    }
}

/// Writes a SERIAL according to `plan`, up to the first reference that is an error. Returns it with
/// the expected arguments or error.
fn serial(
    model: &mut Model,
    next: &mut u64,
    plan: &[(u8, u16)],
    mode: Mode,
) -> (Vec<u8>, Result<Vec<u64>, Kind>) {
    let mut out =
        [&b"e\0\0\0\x01f\0\0\0\0\0\0\0\0"[..], &(plan.len() as u32).to_be_bytes()].concat();
    let mut values = Vec::new();
    let mut id = |choice: u8, number: u16| match choice % 16 {
        // Most IDs ascend, some with a gap; a few are arbitrary.
        0 => 1 + u64::from(number) % (*next + 10),
        1 => {
            *next += 1 + u64::from(number);
            *next
        }
        _ => {
            *next += 1;
            *next
        }
    };
    for (choice, number) in plan {
        let live = model.live();
        let pick = |wanted: fn(&Object) -> bool| {
            let candidates: Vec<u64> =
                live.iter().filter(|(_, object)| wanted(object)).map(|(pid, _)| *pid).collect();
            candidates.get(usize::from(*number) % candidates.len().max(1)).copied()
        };
        let value = match choice {
            0..=99 => pick(|object| matches!(object, Object::Count(_))),
            // Mostly unknown IDs.
            100..=101 => Some(u64::from(*number)),
            _ => None,
        };
        if let Some(pid) = value {
            out.push(0);
            out.extend(pid.to_be_bytes());
            match model.refer(pid) {
                Some(Object::Count(number)) => values.push(number),
                Some(Object::CountType) => {
                    return (
                        out,
                        Err(Kind::WrongFamily {
                            expected: brocomm::lowlevel::serial::Family::Val,
                            found: brocomm::lowlevel::serial::Family::Type,
                        }),
                    );
                }
                None => return (out, Err(Kind::UnknownObject(pid))),
            }
            continue;
        }
        let pid = id(*choice, *number);
        let content = pid << 20 | u64::from(*number);
        out.push(1);
        out.extend(pid.to_be_bytes());
        out.extend([0x88, 1, 0, 1]);
        model.register(pid, Object::Count(content), mode);
        match pick(|object| *object == Object::CountType).filter(|_| choice % 4 != 0) {
            Some(ty) if model.live().contains(&(ty, Object::CountType)) => {
                out.push(0);
                out.extend(ty.to_be_bytes());
                model.refer(ty);
            }
            _ => {
                let ty = id(*choice, number.wrapping_mul(31));
                out.push(1);
                out.extend(ty.to_be_bytes());
                out.extend([0xca, 1, 0, 3, 2, 0, 1, 0, 0, 0, 0]);
                model.register(ty, Object::CountType, mode);
            }
        }
        out.extend(content.to_be_bytes());
        values.push(content);
    }
    model.end(mode);
    (out, Ok(values))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_cache_behaves_like_two_lists(
        plans in prop::collection::vec(prop::collection::vec(any::<(u8, u16)>(), 0..12), 1..120),
        size in prop_oneof![0usize..4, 4usize..40, 40usize..300],
        single in any::<bool>(),
        lazily in any::<bool>(),
        change in any::<prop::sample::Index>(),
    ) {
        let mut model = Model { size, ..Model::default() };
        let cache = size as u32;
        let mut reader = Reader::new(ReaderLimits { cache, ..ReaderLimits::default() });
        let mut next = 5000;
        let change = change.index(plans.len() * 2);
        for (at, plan) in plans.iter().enumerate() {
            let caching =
                if single != (at >= change) { Caching::Single } else { Caching::Stable };
            let mode = Mode { caching, ..Mode::RUNNING };
            let (chunk, expected) = serial(&mut model, &mut next, plan, mode);
            let chunk = Bytes::from(chunk);
            let read = if lazily {
                reader.read_lazily(&chunk, mode).map(|read| match read {
                    LazySerial::Event(event) => event.args().collect(),
                    LazySerial::Other(other) => panic!("{other:?}"),
                })
            } else {
                reader.read(&chunk, mode).map(|read| match read {
                    Serial::Event(event) => event.args,
                    other => panic!("{other:?}"),
                })
            };
            match (read, expected) {
                (Ok(read), Ok(expected)) => {
                    let expected: Vec<Value> = expected.into_iter().map(Value::Count).collect();
                    prop_assert_eq!(read, expected);
                    let entries = model.stable.len() + model.unstable.len();
                    prop_assert_eq!(reader.counters().entries, entries as u64);
                }
                (Err(error), Err(expected)) => {
                    // Too large an element count is detected first.
                    if !matches!(error.kind, Kind::TooManyElements { .. }) {
                        prop_assert_eq!(error.kind, expected);
                    }
                    return Ok(());
                }
                (read, expected) => prop_assert!(false, "{:?} but {:?}", read, expected),
            }
        }
    }
}
