//! Cases about tables, sets, vectors and records (2§6).

use brocomm::data::{Field, Record, Type, Value, Vector};
use brocomm::lowlevel::wire::DataFormat;

use super::{all_echoed, echoes};
use crate::suite::{Capability, Case, Outcome, Stop, Trial};

pub(super) fn cases() -> Vec<Case> {
    let containers = vec![
        echoes(
            "2:6/20",
            "sets",
            "A set has entries without values.",
            "set[addr]",
            &["set()", "set(192.0.2.1)", "set(192.0.2.1, [2001:db8::1])"],
        ),
        echoes(
            "2:6/21",
            "sets with an index of several components",
            "An index is a list with one value per component.",
            "set[addr, port]",
            &["set([192.0.2.1, 80/tcp], [192.0.2.1, 53/udp], [[::1], 80/tcp])"],
        ),
        echoes(
            "2:6/22",
            "tables",
            "An entry of a table has an index and a value.",
            "table[string] of count",
            &["table()", r#"table(["a"] = 1, [""] = 2)"#],
        ),
        echoes(
            "2:6/23",
            "tables of tables",
            "Values of a table may be tables.",
            "table[count] of table[string] of set[port]",
            &[r#"table([1] = table(["a"] = set(80/tcp), ["b"] = set()), [2] = table())"#],
        ),
        echoes(
            "2:6/24",
            "vectors",
            "Elements stay in order.",
            "vector of string",
            &["vector()", r#"vector("b", "a", "b")"#],
        ),
        Case::must(
            "2:6/25",
            "a vector with unset elements keeps them unset",
            "Each element is an `opt Val`, and may be absent.",
            |trial| {
                let ty = Type::vector(Type::COUNT);
                let items = vec![None, Some(Value::Count(1)), None, Some(Value::Count(3))];
                all_echoed(trial, [Value::Vector(Vector::new(ty, items).into())])
            },
        ),
        Case::must(
            "2:6/26",
            "a table of 10,000 entries is returned completely",
            "Has a table with the indices 0 to 9999 echoed.",
            |trial| {
                let ty = Type::table(vec![Type::COUNT], Type::COUNT);
                let mut table = brocomm::data::Table::new(ty);
                for number in 0..10_000 {
                    table.push(vec![Value::Count(number)], Some(Value::Count(number * number)));
                }
                all_echoed(trial, [Value::Table(table.into())])
            },
        ),
        Case::must(
            "2:6/27",
            "containers within records within containers are returned",
            "Sends a vector of records that contain a table of vectors.",
            |trial| {
                let inner = Type::table(vec![Type::STRING], Type::vector(Type::ADDR));
                let fields = vec![Field::new("name", Type::STRING), Field::new("at", inner)];
                let ty = Type::vector(Type::record("Conformance::Host", fields));
                let text = r#"vector([$name="a", $at=table(["x"] = vector(192.0.2.1, [::1]))],
                    [$name="b", $at=table()])"#;
                all_echoed(trial, [super::of_type(&ty, text)?])
            },
        )
        .since(DataFormat::V22),
        Case::must(
            "2:6/28",
            "a vector of sets with holes keeps them",
            "As 2:6/25, but the elements are sets.",
            |trial| {
                let set = Type::set(vec![Type::COUNT]);
                let one = super::of_type(&set, "set(1)")?;
                let items = vec![None, Some(one), None];
                all_echoed(trial, [Value::Vector(Vector::new(Type::vector(set), items).into())])
            },
        ),
    ];
    let containers = containers.into_iter().map(|case| case.needs(Capability::Containers));
    containers.chain(records()).collect()
}

fn records() -> Vec<Case> {
    vec![
        Case::must(
            "2:6/30",
            "a record is returned with the names and order of its fields",
            "Sends a record with fields of several types. Its type is sent with it, so the \
             implementation need not know it.",
            |trial| {
                let fields = vec![
                    Field::new("orig_h", Type::ADDR),
                    Field::new("orig_p", Type::PORT),
                    Field::new("resp_h", Type::ADDR),
                    Field::new("resp_p", Type::PORT),
                ];
                let ty = Type::record("conn_id", fields);
                let text = "[$orig_h=192.0.2.1, $orig_p=49152/tcp, $resp_h=[::1], $resp_p=80/tcp]";
                let sent = super::of_type(&ty, text)?;
                let back = echoed_record(trial, &sent)?;
                let names = |ty: &Type| -> Vec<String> {
                    let fields = ty.fields().unwrap_or_default().iter();
                    fields.map(|field| field.name.to_string()).collect()
                };
                let (sent, came) = (names(&ty), names(&back.ty));
                Stop::unless(sent == came, || format!("expected {sent:?}, found {came:?}"))
            },
        )
        .since(DataFormat::V22),
        Case::must(
            "2:6/31",
            "a record with an unset field keeps it unset",
            "Each field is an `opt Val`. Sends a record with one field set and one not.",
            |trial| {
                let fields =
                    vec![Field::new("set", Type::COUNT), Field::new("unset", Type::STRING)];
                let ty = Type::record("Conformance::Half", fields);
                let record = Record::new(ty, vec![Some(Value::Count(1)), None]);
                echoed_record(trial, &Value::Record(record.into())).map(drop)
            },
        ),
        Case::must(
            "2:6/32",
            "nested records are returned",
            "Sends a record that contains a record that contains a record.",
            |trial| {
                let mut ty = Type::COUNT;
                let mut value = Value::Count(1);
                for depth in 0..3 {
                    ty = Type::record(format!("Conformance::R{depth}"), vec![Field::new("in", ty)]);
                    value = Value::Record(Record::new(ty.clone(), vec![Some(value)]).into());
                }
                echoed_record(trial, &value).map(drop)
            },
        ),
        Case::must(
            "2:6/33",
            "a record of 100 fields is returned",
            "Sends a record with fields `f0` to `f99`, each a count.",
            |trial| {
                let fields = (0..100).map(|n| Field::new(format!("f{n}"), Type::COUNT)).collect();
                let ty = Type::record("Conformance::Wide", fields);
                let values = (0..100).map(|n| Some(Value::Count(n))).collect();
                echoed_record(trial, &Value::Record(Record::new(ty, values).into())).map(drop)
            },
        ),
    ]
}

/// Has a record echoed and checks its fields.
fn echoed_record(trial: &mut Trial<'_>, sent: &Value) -> Outcome<std::sync::Arc<Record>> {
    let mut peer = trial.running()?;
    peer.send_echo(sent.clone())?;
    let back = peer.expect_echo_that(sent, |back| back == sent)?;
    peer.answers()?;
    match back {
        Value::Record(record) => Ok(record),
        _ => Stop::failed("the echoed value is not a record"),
    }
}
