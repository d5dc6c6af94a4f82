//! The writer's cache compared with a simple model of two lists (2§5).

use brocomm_conformance::strategies::on_few;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::data::{Name, TypeDef, TypeKind};
use crate::wire::DataFormat;

/// What is written in a SERIAL.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Object {
    Base(TypeTag),
    Shared(usize),
    Value,
    StateAccess,
}

/// A model that keeps both lists with every entry.
#[derive(Debug, Default)]
struct Plain {
    last_pid: u64,
    lists: [Vec<(u64, Object)>; 2],
}

impl Plain {
    fn decide(&mut self, object: Object, mode: Mode, size: usize) -> Decision {
        if mode.caching == Caching::None {
            return Decision::Full(0);
        }
        let lasting = matches!(object, Object::Base(_) | Object::Shared(_));
        for list in self.lists.iter_mut().filter(|_| lasting) {
            if let Some(at) = list.iter().position(|(_, other)| *other == object) {
                let entry = list.remove(at);
                list.push(entry);
                return Decision::Reference(entry.0);
            }
        }
        self.last_pid += 1;
        let followed = lasting || (object == Object::Value && !mode.stable());
        if followed && size > 0 {
            let list = if mode.stable() { ListId::Stable } else { ListId::Unstable };
            self.lists[list as usize].push((self.last_pid, object));
        }
        Decision::Full(self.last_pid)
    }

    fn end(&mut self, mode: Mode, size: usize) {
        let [stable, unstable] = &mut self.lists;
        match mode.caching {
            Caching::None => {}
            Caching::Stable => drop(stable.drain(..stable.len().saturating_sub(size))),
            Caching::Single => {
                let excess = (stable.len() + unstable.len()).saturating_sub(size);
                unstable.drain(..excess.min(unstable.len()));
            }
        }
    }
}

fn object() -> impl Strategy<Value = Object> {
    prop_oneof![
        4 => prop::sample::select(&TypeTag::ALL[..6]).prop_map(Object::Base),
        4 => (0..12_usize).prop_map(Object::Shared),
        4 => Just(Object::Value),
        1 => Just(Object::StateAccess),
    ]
}

/// Generates several SERIALs in the same mode.
fn stretch() -> impl Strategy<Value = (Mode, Vec<Vec<Object>>)> {
    let caching = prop_oneof![
        1 => Just(Caching::None),
        4 => Just(Caching::Single),
        4 => Just(Caching::Stable),
    ];
    let mode = caching.prop_map(|caching| Mode { caching, ..Mode::HANDSHAKE });
    (mode, vec(vec(object(), 0..12), 1..30))
}

proptest! {
    #![proptest_config(on_few(64))]

    #[test]
    fn decisions_equal_those_of_the_model(
        stretches in vec(stretch(), 1..6),
        size in prop_oneof![0..4_usize, 4..40_usize],
    ) {
        let shared: Vec<Arc<usize>> = (0..12).map(Arc::new).collect();
        let (mut cache, mut plain) = (WriteCache::new(size), Plain::default());
        let mut last = Caching::Single;
        for (mode, serials) in stretches {
            if std::mem::replace(&mut last, mode.caching) != mode.caching {
                plain.lists[ListId::Unstable as usize].clear();
            }
            for serial in serials {
                cache.begin(mode);
                for object in serial {
                    let decision = match object {
                        Object::Base(tag) => cache.base(tag, mode),
                        Object::Shared(at) => cache.shared(&shared[at], Family::Type, mode),
                        Object::Value => cache.anonymous(Family::Val, mode),
                        Object::StateAccess => cache.anonymous(Family::StateAccess, mode),
                    };
                    prop_assert_eq!(decision, plain.decide(object, mode, size), "{:?}", object);
                }
                cache.end(mode);
                plain.end(mode, size);
                let entries: usize = plain.lists.iter().map(Vec::len).sum();
                prop_assert_eq!(cache.counters().entries, entries as u64);
            }
        }
    }
}

/// Evicted objects are released, and a new object at the same address is not mistaken for one.
#[test]
fn evicted_objects_are_released() {
    let mut cache = WriteCache::new(2);
    let first = Arc::new(0);
    for object in [Arc::clone(&first), Arc::new(1), Arc::new(2)] {
        cache.begin(Mode::RUNNING);
        assert!(matches!(cache.shared(&object, Family::Type, Mode::RUNNING), Decision::Full(_)));
        cache.end(Mode::RUNNING);
    }
    assert_eq!(Arc::strong_count(&first), 1);
    assert_eq!(cache.shared(&first, Family::Type, Mode::RUNNING), Decision::Full(4));
}

/// Only the last types written without a cache are kept.
#[test]
fn few_types_are_kept() {
    let mut cache = WriteCache::new(3000);
    let mode = Mode { caching: Caching::None, ..Mode::HANDSHAKE };
    let kind = || TypeKind::Opaque(Name::from("opaque"));
    let ty =
        |_| TypeDef { name: Name::from("ty"), base: false, network_order: false, kind: kind() };
    let types: Vec<_> = (0..20).map(ty).map(Arc::new).collect();
    for ty in &types {
        cache.keep_type(ty, mode, b"type", 0);
        cache.keep_type(ty, mode, &[0; 5000], 0);
    }
    let kept = |ty: &Arc<TypeDef>| Arc::strong_count(ty) - 1;
    assert_eq!(types.iter().map(kept).sum::<usize>(), 8);
    let last = types.last().unwrap();
    assert_eq!(cache.written_type(last, mode), Some(b"type".as_slice()));
    assert_eq!(cache.written_type(last, mode.with_data_format(DataFormat::V21)), None);
    cache.release();
    assert_eq!(types.iter().map(kept).sum::<usize>(), 0);
}
