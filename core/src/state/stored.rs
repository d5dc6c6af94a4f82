//! Values as the store keeps them: small, and without the buffer of the message that they came in.

use std::cmp::Ordering;
use std::net::IpAddr;

use bytes::Bytes;

use crate::data::{Items, Port, Subnet, TypeTag, Value, as_ordered, compare_addresses};

/// A value without addressable parts, in 24 bytes if it is not one of the rare kinds.
#[derive(Debug, Clone)]
pub(super) enum Stored {
    Bool(bool),
    Int(i64),
    Count(u64),
    Counter(u64),
    Double(f64),
    Time(f64),
    Interval(f64),
    String(Box<[u8]>),
    Port(Port),
    Addr(IpAddr),
    Subnet(Subnet),
    /// A value of any other kind.
    Other(Box<Value>),
}

impl Stored {
    pub(super) fn new(value: &Value) -> Stored {
        match value {
            Value::Bool(value) => Stored::Bool(*value),
            Value::Int(value) => Stored::Int(*value),
            Value::Count(value) => Stored::Count(*value),
            Value::Counter(value) => Stored::Counter(*value),
            Value::Double(value) => Stored::Double(*value),
            Value::Time(value) => Stored::Time(*value),
            Value::Interval(value) => Stored::Interval(*value),
            Value::String(value) => Stored::String(Box::from(&**value)),
            Value::Port(value) => Stored::Port(*value),
            Value::Addr(value) => Stored::Addr(*value),
            Value::Subnet(value) => Stored::Subnet(*value),
            other => Stored::Other(Box::new(other.compact())),
        }
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Stored::Bool(value) => Value::Bool(*value),
            Stored::Int(value) => Value::Int(*value),
            Stored::Count(value) => Value::Count(*value),
            Stored::Counter(value) => Value::Counter(*value),
            Stored::Double(value) => Value::Double(*value),
            Stored::Time(value) => Value::Time(*value),
            Stored::Interval(value) => Value::Interval(*value),
            Stored::String(value) => Value::String(Bytes::copy_from_slice(value)),
            Stored::Port(value) => Value::Port(*value),
            Stored::Addr(value) => Value::Addr(*value),
            Stored::Subnet(value) => Value::Subnet(*value),
            Stored::Other(value) => Value::clone(value),
        }
    }

    pub(super) fn tag(&self) -> TypeTag {
        match self {
            Stored::Bool(_) => TypeTag::Bool,
            Stored::Int(_) => TypeTag::Int,
            Stored::Count(_) => TypeTag::Count,
            Stored::Counter(_) => TypeTag::Counter,
            Stored::Double(_) => TypeTag::Double,
            Stored::Time(_) => TypeTag::Time,
            Stored::Interval(_) => TypeTag::Interval,
            Stored::String(_) => TypeTag::String,
            Stored::Port(_) => TypeTag::Port,
            Stored::Addr(_) => TypeTag::Addr,
            Stored::Subnet(_) => TypeTag::Subnet,
            Stored::Other(value) => value.tag(),
        }
    }

    /// Returns the value's [`cost`].
    pub(super) fn cost(&self) -> usize {
        match self {
            Stored::String(string) => 1usize.saturating_add(string.len() / 64),
            Stored::Other(value) => cost(value),
            _ => 1,
        }
    }
}

/// The same order as that of [`Value`].
impl Ord for Stored {
    fn cmp(&self, other: &Stored) -> Ordering {
        match (self, other) {
            (Stored::Bool(a), Stored::Bool(b)) => a.cmp(b),
            (Stored::Int(a), Stored::Int(b)) => a.cmp(b),
            (Stored::Count(a), Stored::Count(b)) | (Stored::Counter(a), Stored::Counter(b)) => {
                a.cmp(b)
            }
            (Stored::Double(a), Stored::Double(b))
            | (Stored::Time(a), Stored::Time(b))
            | (Stored::Interval(a), Stored::Interval(b)) => a.total_cmp(b),
            (Stored::String(a), Stored::String(b)) => a.cmp(b),
            (Stored::Port(a), Stored::Port(b)) => a.cmp(b),
            (Stored::Addr(a), Stored::Addr(b)) => compare_addresses(*a, *b),
            (Stored::Subnet(a), Stored::Subnet(b)) => a.cmp(b),
            (Stored::Other(a), Stored::Other(b)) => a.cmp(b),
            (a, b) => a.tag().cmp(&b.tag()),
        }
    }
}

/// Returns the cost of a value: one for each of its parts, and one for each 64 bytes of a string.
pub(super) fn cost(value: &Value) -> usize {
    let sum = |values: &mut dyn Iterator<Item = &Value>| {
        values.fold(1usize, |sum, value| sum.saturating_add(cost(value)))
    };
    match value {
        Value::String(string) => 1usize.saturating_add(string.len() / 64),
        Value::Pattern(pattern) => 1usize.saturating_add(pattern.exact.len() / 32),
        Value::List(list) => sum(&mut list.items.iter()),
        Value::Table(table) => {
            let entries = table.entries.iter();
            sum(&mut entries.flat_map(|entry| entry.index.items.iter().chain(&entry.value)))
        }
        // An unset field takes as much memory as a set one.
        Value::Record(record) => {
            sum(&mut record.fields.iter().flatten()).saturating_add(record.fields.len())
        }
        Value::Vector(vector) => {
            sum(&mut vector.items.iter().flatten()).saturating_add(vector.items.len())
        }
        Value::Opaque(_) | Value::Func(..) => 256,
        _ => 1,
    }
}

/// The index of a table's entry.
#[derive(Debug, Clone)]
pub(super) enum Index {
    One(Stored),
    Many(Box<[Stored]>),
}

impl Index {
    pub(super) fn new(components: &[Value]) -> Index {
        match components {
            [only] => Index::One(Stored::new(only)),
            many => Index::Many(many.iter().map(Stored::new).collect()),
        }
    }

    fn components(&self) -> &[Stored] {
        match self {
            Index::One(only) => std::slice::from_ref(only),
            Index::Many(many) => many,
        }
    }

    pub(super) fn values(&self) -> Items {
        match self {
            Index::One(only) => Items::one(only.value()),
            Index::Many(many) => many.iter().map(Stored::value).collect(),
        }
    }

    /// Returns the cost of an entry with this index, without its value.
    pub(super) fn cost(&self) -> usize {
        self.components().iter().map(Stored::cost).fold(1, usize::saturating_add)
    }
}

/// The same order as that of [`List`](crate::data::List).
impl Ord for Index {
    fn cmp(&self, other: &Index) -> Ordering {
        match (self, other) {
            (Index::One(a), Index::One(b)) => a.cmp(b),
            (a, b) => a.components().cmp(b.components()),
        }
    }
}

as_ordered! { Stored Index }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Declarations, EnumValue, List, Transport, Type};
    use crate::state::container::Slot;

    /// Values of all kinds, among them different forms of equal ones.
    fn values() -> Vec<Value> {
        let mut values: Vec<Value> = [true.into(), false.into(), Value::Counter(1)].into();
        values.extend([-1, 0, 1, i64::MAX].map(Value::Int));
        values.extend([0, 1, u64::MAX].map(Value::Count));
        for number in [0.0, -0.0, 1.5, -1.5, f64::NAN, f64::INFINITY] {
            values.extend([Value::Double(number), Value::Time(number), Value::Interval(number)]);
        }
        values.extend([&b""[..], b"a", b"ab", b"b", b"\xff\0"].map(Value::string));
        values.extend([Port::tcp(80), Port::udp(80), Port::tcp(9)].map(Value::Port));
        values.push(Value::Port(Port { transport: Transport::Icmp, number: 8 }));
        let addrs = ["1.2.3.4", "::ffff:1.2.3.4", "255.0.0.1", "::", "::1", "fe80::1", "0.0.0.0"];
        let addrs = addrs.map(|text| text.parse::<IpAddr>().unwrap());
        values.extend(addrs.map(Value::Addr));
        for width in [8, 32] {
            values.extend(addrs.map(|prefix| Value::Subnet(Subnet { prefix, width })));
        }
        let hue = Type::enumeration("Hue", vec![("RED".into(), 0), ("BLUE".into(), 1)]);
        values.extend([1, 0].map(|number| Value::Enum(EnumValue { ty: hue.clone(), number })));
        for text in ["/x/", "[$a=1]", "[$a=2, $b=\"x\"]", "set(2, 1)", "vector(1, 2)", "vector(2)"]
        {
            values.push(Value::parse(text, None, &Declarations::new()).unwrap());
        }
        values
    }

    #[test]
    fn values_stay_the_same_and_in_the_same_order() {
        let values = values();
        for a in &values {
            let stored = Stored::new(a);
            assert_eq!((stored.tag(), stored.cost()), (a.tag(), cost(a)), "{a}");
            assert_eq!(format!("{:?}", stored.value()), format!("{a:?}"));
            for b in &values {
                assert_eq!(stored.cmp(&Stored::new(b)), a.cmp(b), "{a} and {b}");
            }
        }
    }

    #[test]
    fn indices_are_in_the_order_of_lists() {
        let values = values();
        let mut indices = vec![Vec::new()];
        indices.extend(values.iter().map(|value| vec![value.clone()]));
        let pairs = values.iter().zip(values.iter().rev());
        indices.extend(pairs.map(|(a, b)| vec![a.clone(), b.clone()]));
        let list = |index: &Vec<Value>| List::new(Type::ANY, index.clone());
        for a in &indices {
            assert!(Index::new(a).values() == a[..], "{a:?}");
            for b in &indices {
                assert_eq!(
                    Index::new(a).cmp(&Index::new(b)),
                    list(a).cmp(&list(b)),
                    "{a:?}, {b:?}"
                );
            }
        }
    }

    #[cfg(target_pointer_width = "64")]
    #[test]
    fn entries_are_small() {
        let sizes = [size_of::<Stored>(), size_of::<Index>(), size_of::<Option<Slot>>()];
        assert_eq!(sizes, [24; 3]);
    }
}
