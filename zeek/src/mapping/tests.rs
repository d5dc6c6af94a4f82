use brocomm::data::{Declarations, Event, Value};

use super::{Mapping, Options, Refusal};
use crate::message::ZeekEvent;
use crate::{Data, signatures};

/// Creates a mapping from the declarations of both sides.
fn mapping(bro: &str, zeek: &str, options: Options) -> Mapping {
    let mut own = Declarations::new();
    own.read(bro).unwrap();
    let mut other = signatures::base();
    signatures::read(zeek, &mut other).unwrap();
    Mapping::new(own, other, options)
}

/// Converts an event to Zeek.
fn sent(mapping: &Mapping, event: &str) -> Result<Vec<Data>, Refusal> {
    let event = Event::parse(event, mapping.bro()).unwrap();
    mapping.to_zeek(&event, &event.name).map(|event| event.args)
}

/// Converts an event to Bro, and returns its arguments in printed form.
fn received(mapping: &Mapping, name: &str, args: Vec<Data>) -> Result<Vec<String>, Refusal> {
    let event = mapping.to_bro(&ZeekEvent::new(name, args), name)?;
    Ok(event.args.iter().map(Value::to_string).collect())
}

fn reason<T: std::fmt::Debug>(result: Result<T, Refusal>) -> (&'static str, String) {
    let refusal = result.unwrap_err();
    (refusal.reason(), refusal.to_string())
}

const BOTH: &str = "type Color: enum { RED, GREEN };
    type R: record { a: count; b: string &optional; };
    event e(r: R); event c(c: Color); event s(s: set[addr, port]); event k(k: table[R] of count);
    event v(v: vector of count); event t(t: time); event i(i: interval); event n(n: int);
    event d(d: double); event x(x: any);";

#[test]
fn record_fields_are_matched_by_name_and_sent_by_position() {
    let zeek = "type R: record { new: int &optional; b: string &optional; a: count;
                                 def: count &default=5; far: double &default=rand(1); };
                event e(r: R);";
    let mapping = mapping(BOTH, zeek, Options::default());
    let data = sent(&mapping, "e([$a=1, $b=\"x\"])").unwrap();
    let (none, string) = (|| Data::None, Data::string("x"));
    let expected = vec![none(), string.clone(), Data::Count(1), none(), none()];
    assert_eq!(data, [Data::Vector(expected)]);

    // Bro's record lacks some fields, which may be unset.
    let args = |new, b| vec![Data::Vector(vec![new, b, Data::Count(1), none(), none()])];
    assert_eq!(received(&mapping, "e", args(none(), string)).unwrap(), ["[a=1, b=x]"]);
    assert_eq!(
        received(&mapping, "e", args(none(), none())).unwrap(),
        ["[a=1, b=<uninitialized>]"]
    );
    assert_eq!(
        reason(received(&mapping, "e", args(Data::Integer(3), none()))),
        (
            "extra_field",
            "argument 0$new: the record on the other side has no such field".to_owned()
        )
    );
    let drop_fields = Options { drop_fields: true, ..Options::default() };
    let lossy = super::Mapping::new(mapping.bro().clone(), mapping.zeek().clone(), drop_fields);
    assert!(received(&lossy, "e", args(Data::Integer(3), none())).is_ok());
    // Its type is still checked.
    assert_eq!(reason(received(&lossy, "e", args(Data::Count(3), none()))).0, "type");

    // Checks a field that must be set, because Zeek accepts `none` for it.
    let unset = vec![Data::Vector(vec![none(), none(), none(), none(), none()])];
    assert_eq!(
        reason(received(&mapping, "e", unset)),
        ("missing_field", "argument 0$a: must be set".to_owned())
    );
    let short = vec![Data::Vector(vec![none()])];
    assert_eq!(reason(received(&mapping, "e", short)).0, "field_count");
}

#[test]
fn fields_that_the_other_side_lacks_are_rejected() {
    let mapping = mapping(BOTH, "type R: record { a: count; }; event e(r: R);", Options::default());
    assert!(sent(&mapping, "e([$a=1])").is_ok());
    assert_eq!(reason(sent(&mapping, "e([$a=1, $b=\"x\"])")).0, "extra_field");
    let more = "type R: record { a: count; more: count; }; event e(r: R);";
    let mapping = super::tests::mapping(BOTH, more, Options::default());
    assert_eq!(
        reason(sent(&mapping, "e([$a=1])")),
        ("missing_field", "argument 0$more: must be set".to_owned())
    );
}

#[test]
fn conn_id_is_converted_to_that_of_zeek() {
    let bro = "type conn_id: record { orig_h: addr; orig_p: port; resp_h: addr; resp_p: port; };
               event c(id: conn_id);";
    let mapping = mapping(bro, "global c: event(id: conn_id);", Options::default());
    let id = "c([$orig_h=1.2.3.4, $orig_p=40000/tcp, $resp_h=5.6.7.8, $resp_p=80/tcp])";
    let Data::Vector(fields) = &sent(&mapping, id).unwrap()[0] else { panic!() };
    assert_eq!(fields.len(), 6);
    assert_eq!(fields[4..], [Data::None, Data::None]);
}

#[test]
fn enum_constants_are_matched_by_name() {
    let zeek = "type Color: enum { GREEN = 7, BLUE }; event c(c: Color);";
    let mapping = mapping(BOTH, zeek, Options::default());
    assert_eq!(sent(&mapping, "c(GREEN)").unwrap(), [Data::Enum("GREEN".into())]);
    assert_eq!(
        reason(sent(&mapping, "c(RED)")),
        ("enum_constant", "argument 0: enum Color has no constant RED".to_owned())
    );
    let of = |name: &str| received(&mapping, "c", vec![Data::Enum(name.into())]);
    assert_eq!(of("GREEN").unwrap(), ["GREEN"]);
    // Bro lacks the first, Zeek's declaration the second.
    assert_eq!(reason(of("BLUE")).0, "enum_constant");
    assert_eq!(reason(of("RED")).0, "enum_constant");
    assert_eq!(reason(received(&mapping, "c", vec![Data::string("GREEN")])).0, "type");
}

#[test]
fn composite_indices_are_vectors() {
    let mapping = mapping(BOTH, BOTH, Options::default());
    let pair = Data::Vector(vec![
        Data::Address([1, 2, 3, 4].into()),
        Data::Port("80/tcp".parse().unwrap()),
    ]);
    assert_eq!(
        sent(&mapping, "s(set([1.2.3.4, 80/tcp]))").unwrap(),
        [Data::Set(vec![pair.clone()])]
    );
    assert!(received(&mapping, "s", vec![Data::Set(vec![pair])]).is_ok());
    let half = Data::Vector(vec![Data::Address([1, 2, 3, 4].into())]);
    assert_eq!(reason(received(&mapping, "s", vec![Data::Set(vec![half])])).0, "type");

    // A record as the only index is not wrapped in another vector.
    let record = Data::Vector(vec![Data::Count(1), Data::None]);
    let table = |key| vec![Data::Table(vec![(key, Data::Count(7))])];
    assert_eq!(sent(&mapping, "k(table([[$a=1]] = 7))").unwrap(), table(record.clone()));
    assert!(received(&mapping, "k", table(record.clone())).is_ok());
    assert!(received(&mapping, "k", table(Data::Vector(vec![record]))).is_err());
    // A scalar may be wrapped in a vector.
    let counts = super::tests::mapping(
        "event s(s: set[count]);",
        "event s(s: set[count]);",
        Options::default(),
    );
    let one = Data::Set(vec![Data::Vector(vec![Data::Count(1)])]);
    assert_eq!(received(&counts, "s", vec![one]).unwrap().len(), 1);
    let table = vec![Data::Table(vec![(Data::Count(1), Data::Count(1))])];
    assert_eq!(reason(received(&counts, "s", table)).0, "type");
}

#[test]
fn numbers_keep_their_types_without_widen() {
    let zeek = "event n(n: count); event d(d: count); event c(c: int);";
    let bro = "event n(n: int); event d(d: double); event c(c: count);";
    let strict = mapping(bro, zeek, Options::default());
    assert_eq!(
        reason(sent(&strict, "n(5)")),
        ("type", "argument 0: expected count, found int".to_owned())
    );
    let wide = mapping(bro, zeek, Options { widen: true, ..Options::default() });
    assert_eq!(sent(&wide, "n(5)").unwrap(), [Data::Count(5)]);
    assert_eq!(
        reason(sent(&wide, "n(-5)")),
        ("number", "argument 0: -5 cannot become a count".to_owned())
    );
    assert_eq!(reason(sent(&wide, "c(18446744073709551615)")).0, "number");
    assert_eq!(received(&wide, "d", vec![Data::Count(5)]).unwrap(), ["5.0"]);
    let odd = vec![Data::Count((1 << 53) + 1)];
    assert_eq!(reason(received(&wide, "d", odd)).0, "number");
    assert_eq!(reason(sent(&wide, "d(5.0)")).0, "type");
}

#[test]
fn times_out_of_range_are_rejected() {
    let mapping = mapping(BOTH, BOTH, Options::default());
    let to_zeek = |value: Value, name: &str| {
        mapping.to_zeek(&Event::new(name, vec![value]), name).map(|event| event.args)
    };
    assert_eq!(to_zeek(Value::Time(1.5), "t").unwrap(), [Data::Timestamp(1_500_000_000)]);
    // With the precision of a double.
    let late = Value::Time(1_500_000_000.123_456_7);
    assert_eq!(to_zeek(late, "t").unwrap(), [Data::Timestamp(1_500_000_000_123_456_717)]);
    for seconds in [f64::INFINITY, f64::NAN, 9_223_372_036.854_776, 1e300, -1e10, -9_223_372_036.5]
    {
        assert_eq!(reason(to_zeek(Value::Time(seconds), "t")).0, "time_range", "{seconds}");
    }
    for seconds in [f64::NEG_INFINITY, f64::NAN, 1e10] {
        assert_eq!(reason(to_zeek(Value::Interval(seconds), "i")).0, "time_range");
    }
    assert_eq!(reason(to_zeek(Value::Interval(1e-10), "i")).0, "interval_precision");
    assert_eq!(to_zeek(Value::Interval(0.0), "i").unwrap(), [Data::Timespan(0)]);
    assert_eq!(to_zeek(Value::Interval(0.1), "i").unwrap(), [Data::Timespan(100_000_000)]);
    // Zeek sends this value for a time that it can't represent.
    assert_eq!(reason(received(&mapping, "i", vec![Data::Timespan(i64::MIN)])).0, "time_range");
    let marker = Data::Timestamp(-9_223_372_036_000_000_000);
    assert_eq!(reason(received(&mapping, "t", vec![marker])).0, "time_range");
    assert_eq!(received(&mapping, "t", vec![Data::Timestamp(123_456_789)]).unwrap(), ["0.123457"]);
}

#[test]
fn values_without_a_counterpart_are_rejected() {
    let holes = |drop_holes| mapping(BOTH, BOTH, Options { drop_holes, ..Options::default() });
    let ty = brocomm::data::Type::vector(brocomm::data::Type::COUNT);
    let items = vec![Some(Value::Count(1)), None, Some(Value::Count(3))];
    let sparse = Event::new("v", vec![brocomm::data::Vector::new(ty, items).into()]);
    assert_eq!(
        reason(holes(false).to_zeek(&sparse, "v")),
        ("hole", "argument 0[1]: Zeek's vectors have no holes".to_owned())
    );
    let dense = Data::Vector(vec![Data::Count(1), Data::Count(3)]);
    assert_eq!(holes(true).to_zeek(&sparse, "v").unwrap().args, [dense]);

    let function = "function(a: count): count";
    let text = format!("event f(f: {function}); global twice: {function};");
    let off = mapping(&text, &text, Options::default());
    let name = || vec![Data::Vector(vec![Data::string("twice")])];
    assert_eq!(reason(received(&off, "f", name())).0, "function");
    let on = mapping(&text, &text, Options { functions: true, ..Options::default() });
    let event = on.to_bro(&ZeekEvent::new("f", name()), "f").unwrap();
    assert_eq!(on.to_zeek(&event, "f").unwrap().args, name());
    let other = vec![Data::Vector(vec![Data::string("nosuch")])];
    assert_eq!(reason(received(&on, "f", other)).0, "function");

    let md5 = "event o(o: opaque of md5);";
    let opaque = mapping(md5, md5, Options::default());
    let data = vec![Data::Vector(vec![Data::string("MD5Val")])];
    assert_eq!(reason(received(&opaque, "o", data)).0, "no_counterpart");
}

#[test]
fn any_takes_the_type_of_the_value() {
    let mapping = mapping(BOTH, BOTH, Options::default());
    for (text, data) in [
        ("5", Data::Count(5)),
        ("\"x\"", Data::string("x")),
        ("vector(1, 2)", Data::Vector(vec![Data::Count(1), Data::Count(2)])),
        ("set(1.2.3.4)", Data::Set(vec![Data::Address([1, 2, 3, 4].into())])),
        ("table([1] = T)", Data::Table(vec![(Data::Count(1), Data::Boolean(true))])),
    ] {
        assert_eq!(
            sent(&mapping, &format!("x({text})")).unwrap(),
            std::slice::from_ref(&data),
            "{text}"
        );
        let back = mapping.to_bro(&ZeekEvent::new("x", vec![data]), "x").unwrap();
        let event = Event::parse(&format!("x({text})"), mapping.bro()).unwrap();
        assert_eq!(back.args, event.args);
    }
    assert_eq!(reason(received(&mapping, "x", vec![Data::None])).0, "type");
    let mixed = Data::Set(vec![Data::Count(1), Data::string("x")]);
    assert_eq!(reason(received(&mapping, "x", vec![mixed])).0, "mixed");
}

#[test]
fn numbers_of_arguments_are_checked() {
    let mapping = mapping(BOTH, "event e(r: any, more: count);", Options::default());
    assert_eq!(
        reason(sent(&mapping, "v(vector(1))")),
        ("undeclared", "event v is not declared on Zeek's side".to_owned())
    );
    assert_eq!(
        reason(sent(&mapping, "e([$a=1])")),
        ("argument_count", "expected 2 arguments, found 1".to_owned())
    );
    let event = ZeekEvent::new("e", vec![]);
    assert_eq!(reason(mapping.to_bro(&event, "e")).0, "argument_count");
}

#[test]
fn depth_is_bounded() {
    let mapping = mapping("event x(x: any);", "event x(x: any);", Options::default());
    let deep = (0..100).fold(Data::Count(1), |inner, _| Data::Vector(vec![inner]));
    assert_eq!(reason(received(&mapping, "x", vec![deep])).0, "too_deep");
}
