use std::net::IpAddr;

use crate::data::{Declarations, EnumValue, List, Port, Subnet, Transport, Type, Value};
use crate::state::stored::{Index, Slot, Stored, cost};

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
    for text in ["/x/", "[$a=1]", "[$a=2, $b=\"x\"]", "set(2, 1)", "vector(1, 2)", "vector(2)"] {
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
            assert_eq!(Index::new(a).cmp(&Index::new(b)), list(a).cmp(&list(b)), "{a:?}, {b:?}");
        }
    }
}

#[cfg(target_pointer_width = "64")]
#[test]
fn entries_are_small() {
    let sizes = [size_of::<Stored>(), size_of::<Index>(), size_of::<Option<Slot>>()];
    assert_eq!(sizes, [24; 3]);
}
