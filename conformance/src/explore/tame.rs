//! Values that a Bro, too, takes and gives back as they are (part 5).

use std::sync::Arc;

use brocomm::data::{List, Pattern, Subnet, Table, Type, TypeKind, Value};

/// Turns any value into one that comes back from a Bro as it was sent.
pub(super) fn tame(value: Value) -> Value {
    match value {
        // It clears the bits behind the prefix.
        Value::Subnet(subnet) => {
            Value::Subnet(Subnet::new(subnet.prefix, subnet.width).unwrap_or(subnet))
        }
        // It closes the connection for one that it can't compile (§5).
        Value::Pattern(pattern) => {
            let letters = pattern.exact.iter().filter(|byte| byte.is_ascii_lowercase());
            let letters: String = letters.copied().map(char::from).collect();
            Pattern::new(&letters).into()
        }
        Value::Record(mut record) => {
            let fields = &mut Arc::make_mut(&mut record).fields;
            fields.iter_mut().flatten().for_each(tame_in_place);
            Value::Record(record)
        }
        Value::Vector(mut vector) => {
            let inner = Arc::make_mut(&mut vector);
            let of_tables = matches!(
                inner.ty.def().as_deref().map(|def| &def.kind),
                Some(TypeKind::Vector(yields)) if is_table(yields)
            );
            // It is sent no vector of tables or sets with unset elements.
            inner.items.retain(|item| item.is_some() || !of_tables);
            inner.items.iter_mut().flatten().for_each(tame_in_place);
            Value::Vector(vector)
        }
        Value::Table(table) => rebuilt(&table).into(),
        Value::List(mut list) => {
            Arc::make_mut(&mut list).items.iter_mut().for_each(tame_in_place);
            Value::List(list)
        }
        other => other,
    }
}

fn tame_in_place(value: &mut Value) {
    *value = tame(std::mem::replace(value, Value::Bool(false)));
}

fn is_table(ty: &Type) -> bool {
    matches!(ty.def().as_deref().map(|def| &def.kind), Some(TypeKind::Set(_) | TypeKind::Table(_)))
}

/// Makes a table of tame entries, of which two may have become one.
fn rebuilt(table: &Table) -> Table {
    let mut tamed = Table::new(table.ty.clone());
    for entry in &table.entries {
        let List { items, .. } = &*entry.index;
        let index: Vec<Value> = items.iter().cloned().map(tame).collect();
        if tamed.get(&index).is_none() {
            tamed.push(index, entry.value.clone().map(tame));
        }
    }
    tamed
}

#[cfg(test)]
mod tests {
    use brocomm::data::{Declarations, Vector};

    use super::*;

    /// Reads a value of a type, both in Bro's notation.
    fn read(ty: &str, text: &str) -> Value {
        let known = Declarations::new();
        let ty = Type::parse(ty, &known).unwrap();
        Value::parse(text, Some(&ty), &known).unwrap()
    }

    #[test]
    fn what_a_bro_takes_stays_as_it_is() {
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
    fn what_a_bro_does_not_take_is_changed() {
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
}
