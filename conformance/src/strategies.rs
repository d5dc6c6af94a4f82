//! Strategies for types, values and events of every kind, for property tests.

use std::net::IpAddr;
use std::sync::Arc;

use brocomm::data::{
    EnumValue, Event, Field, List, Name, Pattern, Port, Record, Subnet, Table, Transport, Type,
    TypeTag, Value, Vector,
};
use brocomm::lowlevel::serial::{Caching, Mode};
use brocomm::lowlevel::syntax::{Attribute, AttributeTag, Attributes, Expr, ExprKind};
use brocomm::lowlevel::types::TypeKind;
use brocomm::lowlevel::wire::DataFormat;
use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Returns the configuration of a slow property test: at most `few` cases, unless `PROPTEST_CASES`
/// asks for 256 or more.
pub fn on_few(few: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    let is_thorough = std::env::var_os("PROPTEST_CASES").is_some() && usual.cases >= 256;
    let cases = if is_thorough { usual.cases } else { usual.cases.min(few) };
    ProptestConfig { cases, ..usual }
}

/// Generates encodings of SERIALs for peers other than Broccoli.
pub fn mode() -> impl Strategy<Value = Mode> {
    let caching = prop_oneof![Just(Caching::None), Just(Caching::Single), Just(Caching::Stable)];
    (any::<bool>(), caching).prop_map(|(pid_64bit, caching)| Mode {
        pid_64bit,
        caching,
        ..Mode::HANDSHAKE
    })
}

/// Generates such encodings in every data format.
pub fn mode_of_any_format() -> impl Strategy<Value = Mode> {
    let formats = proptest::sample::select(&DataFormat::ALL[..]);
    (mode(), formats).prop_map(|(mode, format)| mode.with_data_format(format))
}

/// Generates names as in scripts.
pub fn name() -> impl Strategy<Value = Name> {
    "[A-Z][a-z]{0,4}::[a-z_]{1,8}|[a-z_]{1,8}".prop_map(Name::from)
}

/// Generates doubles except NaN, which equals nothing.
pub fn double() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE
}

/// Generates byte strings, mostly short ones, including NULs.
pub fn bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => vec(any::<u8>(), 0..20),
        2 => vec(any::<u8>(), 25..35),
        1 => vec(any::<u8>(), 0..400),
    ]
    .prop_map(Bytes::from)
}

/// Generates ports of all protocols.
pub fn port() -> impl Strategy<Value = Port> {
    let transport = prop_oneof![
        Just(Transport::Unknown),
        Just(Transport::Tcp),
        Just(Transport::Udp),
        Just(Transport::Icmp)
    ];
    (transport, any::<u16>()).prop_map(|(transport, number)| Port { transport, number })
}

/// Generates addresses of both families, but no IPv4-mapped ones, which Bro treats as IPv4.
pub fn addr() -> impl Strategy<Value = IpAddr> {
    any::<IpAddr>().prop_map(|addr| addr.to_canonical())
}

/// Generates subnets of both families in Bro's form, without bits outside the prefix.
pub fn subnet() -> impl Strategy<Value = Subnet> {
    addr().prop_flat_map(|prefix| {
        (0..=Subnet::max_width(prefix)).prop_map(move |width| Subnet { prefix, width }.canonical())
    })
}

/// The atomic types that have values.
const ATOMIC: &[TypeTag] = &[
    TypeTag::Bool,
    TypeTag::Int,
    TypeTag::Count,
    TypeTag::Counter,
    TypeTag::Double,
    TypeTag::Time,
    TypeTag::Interval,
    TypeTag::String,
    TypeTag::Pattern,
    TypeTag::Port,
    TypeTag::Addr,
    TypeTag::Subnet,
];

/// Generates types that a table's index can have.
pub fn index_type() -> impl Strategy<Value = Type> {
    let scalar = ATOMIC.iter().copied().filter(|t| *t != TypeTag::Pattern);
    proptest::sample::select(scalar.collect::<Vec<_>>()).prop_map(Type::Base)
}

fn enumeration() -> impl Strategy<Value = Type> {
    (name(), vec((name(), any::<i64>()), 1..5)).prop_map(|(n, names)| Type::enumeration(n, names))
}

fn attributes() -> impl Strategy<Value = Arc<Attributes>> {
    let default = any::<u64>().prop_map(|number| Attribute {
        tag: AttributeTag::Default,
        expr: Some(Arc::new(Expr {
            tag: 1,
            paren: 0,
            ty: Some(Type::COUNT),
            kind: ExprKind::Const(Value::Count(number)),
        })),
    });
    let plain = prop_oneof![
        Just(Attribute { tag: AttributeTag::Optional, expr: None }),
        Just(Attribute { tag: AttributeTag::Log, expr: None })
    ];
    vec(prop_oneof![plain.boxed(), default.boxed()], 1..3)
        .prop_map(|list| Arc::new(Attributes { ty: Type::COUNT, list }))
}

/// Generates types that have values, nested up to four levels.
pub fn ty() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        6 => proptest::sample::select(ATOMIC).prop_map(Type::Base),
        1 => enumeration(),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let field = (name(), inner.clone(), option::weighted(0.2, attributes()))
            .prop_map(|(name, ty, attributes)| Field { name, ty, attributes });
        prop_oneof![
            (option::of(name()), vec(field, 0..5))
                .prop_map(|(name, fields)| Type::record(name.unwrap_or_default(), fields)),
            inner.clone().prop_map(Type::vector),
            vec(index_type(), 1..3).prop_map(Type::set),
            (vec(index_type(), 1..3), inner).prop_map(|(index, yields)| Type::table(index, yields)),
        ]
    })
}

/// Generates values of one type.
pub fn value_of(ty: &Type) -> BoxedStrategy<Value> {
    let owned = ty.clone();
    match ty {
        Type::Base(tag) => match tag {
            TypeTag::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
            TypeTag::Int => any::<i64>().prop_map(Value::Int).boxed(),
            TypeTag::Counter => any::<u64>().prop_map(Value::Counter).boxed(),
            TypeTag::Double => double().prop_map(Value::Double).boxed(),
            TypeTag::Time => double().prop_map(Value::Time).boxed(),
            TypeTag::Interval => double().prop_map(Value::Interval).boxed(),
            TypeTag::String => bytes().prop_map(Value::String).boxed(),
            TypeTag::Pattern => {
                "[a-z.]{1,6}([|*][a-z.]{1,3})?".prop_map(|re| Pattern::new(&re).into()).boxed()
            }
            TypeTag::Port => port().prop_map(Value::Port).boxed(),
            TypeTag::Addr => addr().prop_map(Value::Addr).boxed(),
            TypeTag::Subnet => subnet().prop_map(Value::Subnet).boxed(),
            _ => any::<u64>().prop_map(Value::Count).boxed(),
        },
        Type::Def(def) => match &def.kind {
            TypeKind::Enum(_) => any::<i64>()
                .prop_map(move |number| Value::Enum(EnumValue { ty: owned.clone(), number }))
                .boxed(),
            TypeKind::Record(record) => record
                .fields
                .iter()
                .flatten()
                .map(|field| option::weighted(0.8, value_of(&field.ty)))
                .collect::<Vec<_>>()
                .prop_map(move |fields| Record::new(owned.clone(), fields).into())
                .boxed(),
            TypeKind::Vector(yields) => vec(option::weighted(0.9, value_of(yields)), 0..4)
                .prop_map(move |items| Vector::new(owned.clone(), items).into())
                .boxed(),
            TypeKind::Set(set) => vec(row_of(&set.index), 0..4)
                .prop_map(move |rows| filled(&owned, rows.into_iter().map(|row| (row, None))))
                .boxed(),
            TypeKind::Table(table) => {
                let yields = table.yields.as_ref().map_or_else(any_value, value_of);
                vec((row_of(&table.index), yields), 0..4)
                    .prop_map(move |rows| {
                        filled(&owned, rows.into_iter().map(|(row, value)| (row, Some(value))))
                    })
                    .boxed()
            }
            TypeKind::List(_) => row_of(&owned)
                .prop_map(move |items| {
                    List { ty: owned.clone(), tag: 15, items: items.into() }.into()
                })
                .boxed(),
            _ => any_value(),
        },
        _ => any_value(),
    }
}

/// Generates the components of an index.
fn row_of(index: &Type) -> BoxedStrategy<Vec<Value>> {
    let components: Vec<Type> = match index.def().as_deref().map(|def| &def.kind) {
        Some(TypeKind::List(list)) => list.types.clone(),
        _ => vec![],
    };
    components.iter().map(value_of).collect::<Vec<_>>().boxed()
}

fn filled(ty: &Type, rows: impl Iterator<Item = (Vec<Value>, Option<Value>)>) -> Value {
    let mut table = Table::new(ty.clone());
    for (index, value) in rows {
        // Rows may be equal, but indices must not.
        if table.get(&index).is_none() {
            table.push(index, value);
        }
    }
    table.into()
}

/// Generates values of the types without parts.
pub fn scalar() -> BoxedStrategy<Value> {
    let atomic = ATOMIC.iter().copied().filter(|tag| *tag != TypeTag::Pattern);
    proptest::sample::select(atomic.collect::<Vec<_>>())
        .prop_flat_map(|tag| value_of(&Type::Base(tag)))
        .boxed()
}

/// Generates values of every type, nested up to four levels.
pub fn any_value() -> BoxedStrategy<Value> {
    ty().prop_flat_map(|ty| value_of(&ty)).boxed()
}

/// Generates events with up to five arguments of any type.
pub fn event() -> impl Strategy<Value = Event> {
    (name(), double(), vec(any_value(), 0..5)).prop_map(|(name, time, args)| Event {
        name,
        time,
        args,
    })
}

/// Generates sequences of events that reuse a few types, as real ones do.
pub fn events(count: usize) -> impl Strategy<Value = Vec<Event>> {
    vec(ty(), 1..6).prop_flat_map(move |types| {
        let arg = proptest::sample::select(types).prop_flat_map(|ty| value_of(&ty));
        let event = (name(), double(), vec(arg, 0..4)).prop_map(|(name, time, args)| Event {
            name,
            time,
            args,
        });
        vec(event, 1..count)
    })
}
