//! Cases about values without parts (2§6).

use brocomm::data::{EnumValue, Subnet, Type, Value};
use brocomm::lowlevel::wire::DataFormat;

use super::{all_echoed, echoes};
use crate::suite::{Capability, Case};

pub(super) fn cases() -> Vec<Case> {
    vec![
        echoes("2:6/1", "bools", "A bool is encoded as an `i64`.", "bool", &["T", "F"]),
        echoes(
            "2:6/2",
            "ints up to the limits of 64 bits",
            "An int is encoded as an `i64`.",
            "int",
            &["+0", "-1", "9223372036854775807", "-9223372036854775807"],
        ),
        echoes(
            "2:6/3",
            "counts up to the limit of 64 bits",
            "A count is encoded as a `u64`.",
            "count",
            &["0", "1", "4294967296", "9223372036854775808", "18446744073709551615"],
        ),
        Case::must(
            "2:6/4",
            "doubles are returned bit by bit",
            "Has doubles echoed, including the smallest, the largest, -0 and infinity. None may be \
             rounded.",
            |trial| {
                let doubles =
                    [0.1, -0.0, f64::MIN_POSITIVE, 5e-324, f64::MAX, f64::MIN, f64::INFINITY];
                all_echoed(trial, doubles.map(Value::Double))
            },
        ),
        Case::should("2:6/5", "NaN is returned as NaN", "Has the default NaN echoed.", |trial| {
            let mut peer = trial.running()?;
            peer.send_echo(Value::Double(f64::NAN))?;
            let nan = |back: &Value| matches!(back, Value::Double(number) if number.is_nan());
            peer.expect_echo_that("NaN", nan)?;
            peer.answers()
        }),
        Case::must(
            "2:6/6",
            "times are returned unchanged",
            "A time is a double: seconds since 1970. Sends times before and after that, and one \
             with the maximum number of digits.",
            |trial| {
                all_echoed(trial, [0.0, 1795383072.392319, -1.5, 253402300800.0].map(Value::Time))
            },
        ),
        Case::must(
            "2:6/7",
            "intervals are returned unchanged",
            "An interval is a double: seconds. It has its own class.",
            |trial| all_echoed(trial, [0.0, 0.000001, -86400.0, 1e9].map(Value::Interval)),
        ),
        echoes(
            "2:6/8",
            "ports of each protocol",
            "The protocol is in bits 16 and 17 of the number.",
            "port",
            &["80/tcp", "65535/tcp", "0/tcp", "53/udp", "8/icmp"],
        ),
        echoes(
            "2:6/9",
            "IPv4 addresses",
            "An `addr` of one word.",
            "addr",
            &["0.0.0.0", "192.0.2.1", "255.255.255.255"],
        ),
        echoes(
            "2:6/10",
            "IPv6 addresses",
            "An `addr` of four words.",
            "addr",
            &["[::]", "[2001:db8::1]", "[fe80::1:2:3:4]"],
        ),
        echoes(
            "2:6/11",
            "subnets of both families and all widths",
            "The width is counted in the address's own family.",
            "subnet",
            &["0.0.0.0/0", "192.0.2.0/24", "192.0.2.1/32", "[2001:db8::]/32", "[::1]/128"],
        ),
        Case::must(
            "2:6/12",
            "every width of a subnet is returned",
            "Has 0.0.0.0/0 to 0.0.0.0/32 and ::/0 to ::/128 echoed.",
            |trial| {
                let of = |prefix: std::net::IpAddr| {
                    let widths = 0..=Subnet::max_width(prefix);
                    widths.map(move |width| Value::Subnet(Subnet { prefix, width }))
                };
                all_echoed(trial, of([0; 4].into()).chain(of([0; 16].into())))
            },
        )
        .since(DataFormat::V22),
        Case::must(
            "2:6/13",
            "strings of any bytes are returned",
            "A string is a length and bytes. It may contain NULs and need not be UTF-8.",
            |trial| {
                let strings: [&[u8]; 5] =
                    [b"", b"text", b"\0", b"a\0b\0", &[0xff, 0xfe, 0x80, 0x00, 0xc3]];
                all_echoed(trial, strings.map(Value::string))
            },
        ),
        Case::must(
            "2:6/14",
            "a string of all byte values is returned",
            "Has the 256 bytes from 0x00 to 0xff echoed, in one string.",
            |trial| all_echoed(trial, [Value::string((0..=255).collect::<Vec<u8>>())]),
        ),
        echoes(
            "2:6/15",
            "patterns",
            "A pattern is an RE_Matcher object with two texts, which must be returned unchanged.",
            "pattern",
            &["/foo|bar/", "/^GET [^ ]*$/", r"/a\/b/"],
        ),
        Case::must(
            "2:6/16",
            "an enum constant is returned",
            "Sends a constant of an enum that the implementation cannot know. Its type is sent \
             with it, and the constant is its number.",
            |trial| {
                let names = vec![("Conformance::RED".into(), 0), ("Conformance::GREEN".into(), 7)];
                let ty = Type::enumeration("Conformance::Colour", names);
                let of = |number| Value::Enum(EnumValue { ty: ty.clone(), number });
                all_echoed(trial, [of(7), of(0)])
            },
        ),
        echoes(
            "2:6/17",
            "ports of an unknown protocol",
            "The bits 16 and 17 of the number are 0.",
            "port",
            &["0/unknown", "80/unknown", "65535/unknown"],
        )
        .needs(Capability::UnknownPorts),
    ]
}
