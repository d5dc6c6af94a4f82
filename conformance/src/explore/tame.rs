//! Random values that an implementation accepts and returns unchanged.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use brocomm::data::{List, Pattern, Subnet, Table, Transport, Type, Value};
use brocomm::lowlevel::types::TypeKind;

/// Changes a value to one that a Bro accepts and returns unchanged (part 5).
pub fn tame(value: Value) -> Value {
    changed(value, &|value| match value {
        // Bro clears the bits after the prefix.
        Value::Subnet(subnet) => {
            Value::Subnet(Subnet::new(subnet.prefix, subnet.width).unwrap_or(subnet))
        }
        // Bro closes the connection for a pattern that it cannot compile (§5).
        Value::Pattern(pattern) => {
            let letters = pattern.exact.iter().filter(|byte| byte.is_ascii_lowercase());
            let letters: String = letters.copied().map(char::from).collect();
            Pattern::new(&letters).into()
        }
        // Tables and sets in a vector must not be unset.
        Value::Vector(mut vector) if is_of_tables(&vector.ty) => {
            Arc::make_mut(&mut vector).items.retain(Option::is_some);
            Value::Vector(vector)
        }
        other => other,
    })
}

/// Changes ports of an unknown protocol to TCP.
pub(super) fn known_ports(value: Value) -> Value {
    changed(value, &|value| match value {
        Value::Port(mut port) if port.transport == Transport::Unknown => {
            port.transport = Transport::Tcp;
            Value::Port(port)
        }
        other => other,
    })
}

/// Changes IPv6 addresses and subnets to IPv4 ones.
pub(super) fn ipv4_only(value: Value) -> Value {
    let last_word = |addr: Ipv6Addr| IpAddr::from((addr.to_bits() as u32).to_be_bytes());
    changed(value, &|value| match value {
        Value::Addr(IpAddr::V6(addr)) => Value::Addr(last_word(addr)),
        Value::Subnet(Subnet { prefix: IpAddr::V6(addr), width }) => {
            let subnet = Subnet { prefix: last_word(addr), width: width.min(32) };
            Value::Subnet(subnet.canonical())
        }
        other => other,
    })
}

/// Changes a value after changing its parts.
fn changed(mut value: Value, change: &impl Fn(Value) -> Value) -> Value {
    let in_place = |value: &mut Value| {
        *value = changed(std::mem::replace(value, Value::Bool(false)), change);
    };
    match &mut value {
        Value::Record(record) => {
            Arc::make_mut(record).fields.iter_mut().flatten().for_each(in_place);
        }
        Value::Vector(vector) => {
            Arc::make_mut(vector).items.iter_mut().flatten().for_each(in_place);
        }
        Value::List(list) => Arc::make_mut(list).items.iter_mut().for_each(in_place),
        Value::Table(table) => *table = rebuilt(table, change).into(),
        _ => {}
    }
    change(value)
}

fn is_of_tables(vector: &Type) -> bool {
    let yields = match vector.def().as_deref().map(|def| &def.kind) {
        Some(TypeKind::Vector(yields)) => yields.def(),
        _ => None,
    };
    matches!(yields.as_deref().map(|def| &def.kind), Some(TypeKind::Set(_) | TypeKind::Table(_)))
}

/// Rebuilds a table from changed entries. Two of them may have become equal.
fn rebuilt(table: &Table, change: &impl Fn(Value) -> Value) -> Table {
    let mut made = Table::new(table.ty.clone());
    for entry in &table.entries {
        let List { items, .. } = &*entry.index;
        let index: Vec<Value> = items.iter().map(|item| changed(item.clone(), change)).collect();
        if made.get(&index).is_none() {
            made.push(index, entry.value.clone().map(|value| changed(value, change)));
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use brocomm::data::{Declarations, Vector};

    use super::*;

    /// Parses a value of a type, both in Bro's notation.
    fn read(ty: &str, text: &str) -> Value {
        let known = Declarations::new();
        let ty = Type::parse(ty, &known).unwrap();
        Value::parse(text, Some(&ty), &known).unwrap()
    }

    #[test]
    fn values_that_bro_accepts_are_unchanged() {
        for (ty, text) in [
            ("table[subnet] of pattern", "table([10.0.0.0/8] = /abc/)"),
            ("vector of set[count]", "vector(set(1))"),
            ("record { a: addr; s: string; }", "[$a=10.0.0.1, $s=\"x\"]"),
        ] {
            let value = read(ty, text);
            assert_eq!(tame(value.clone()), value);
        }
    }

    #[test]
    fn values_that_bro_does_not_accept_are_changed() {
        let wild = |width| Subnet { prefix: [10, 1, 2, 3].into(), width };
        assert_eq!(tame(Value::Subnet(wild(8))), Value::Subnet("10.0.0.0/8".parse().unwrap()));
        assert_eq!(tame(Pattern::new("a(|*b").into()), Pattern::new("ab").into());

        let mut table = Table::new(Type::set(vec![Type::SUBNET]));
        for prefix in [[10, 1, 2, 3], [10, 3, 2, 1]] {
            table.push(vec![Value::Subnet(Subnet { prefix: prefix.into(), width: 8 })], None);
        }
        assert_eq!(tame(table.into()), read("set[subnet]", "set(10.0.0.0/8)"));

        let holes = |ty: Type, item: Value| -> Value {
            Vector::new(Type::vector(ty), vec![None, Some(item), None]).into()
        };
        let sets = holes(Type::set(vec![Type::COUNT]), read("set[count]", "set(1)"));
        assert_eq!(tame(sets), read("vector of set[count]", "vector(set(1))"));
        let counts = holes(Type::COUNT, Value::Count(1));
        assert_eq!(tame(counts.clone()), counts);
    }

    #[test]
    fn nested_ports_get_known_protocols() {
        for (ty, text, known) in [
            ("port", "80/unknown", "80/tcp"),
            ("port", "53/udp", "53/udp"),
            ("set[port]", "set(80/unknown, 80/tcp, 1/icmp)", "set(80/tcp, 1/icmp)"),
            (
                "table[count] of vector of port",
                "table([1] = vector(5/unknown))",
                "table([1] = vector(5/tcp))",
            ),
            ("record { p: port; s: string; }", "[$p=7/unknown, $s=\"x\"]", "[$p=7/tcp, $s=\"x\"]"),
        ] {
            assert_eq!(known_ports(read(ty, text)), read(ty, known), "{text}");
        }
    }

    #[test]
    fn addresses_are_of_ipv4_wherever_they_are() {
        for (ty, text, changed) in [
            ("addr", "[2001:db8::c000:201]", "192.0.2.1"),
            ("addr", "192.0.2.1", "192.0.2.1"),
            ("set[subnet]", "set([::]/0, [2001:db8::]/32)", "set(0.0.0.0/0, 0.0.0.0/32)"),
            ("record { a: vector of addr; }", "[$a=vector([::1])]", "[$a=vector(0.0.0.1)]"),
        ] {
            assert_eq!(ipv4_only(read(ty, text)), read(ty, changed), "{text}");
        }
    }
}
