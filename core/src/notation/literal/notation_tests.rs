//! Tests of lists in braces and brackets, constant expressions, patterns and files.

use super::tests::{declared, kind, typed, untyped};
use crate::data::{Declarations, Event, Pattern, Type, Value};
use crate::notation::ParseErrorKind;

#[test]
fn vectors_are_written_in_braces_or_brackets() {
    for (text, ty, printed) in [
        ("{ \"curly\", \"braces\" }", "vector of string", "[curly, braces]"),
        ("[\"curly\", \"braces\"]", "vector of string", "[curly, braces]"),
        ("[\"a\",]", "vector of string", "[a]"),
        ("[]", "vector of string", "[]"),
        ("{}", "vector of string", "[]"),
        ("[1, 2]", "vector of double", "[1.0, 2.0]"),
        ("[[1, 2], [3], vector()]", "vector of vector of count", "[[1, 2], [3], []]"),
        ("{ [1, 2], [3] }", "vector of vector of count", "[[1, 2], [3]]"),
        ("[[[1]], [[2], [3, 4]]]", "vector of vector of vector of count", "[[[1]], [[2], [3, 4]]]"),
        ("[[::1], 10.0.0.1, fe80::2]", "vector of addr", "[::1, 10.0.0.1, fe80::2]"),
        ("[[$a=1], [$a=2]]", "vector of record { a: count; }", "[[a=1], [a=2]]"),
        ("[1, \"a\", [T]]", "vector of any", "[1, a, [T]]"),
        ("[$v=[1, 2]]", "record { v: vector of count; }", "[v=[1, 2]]"),
        ("table([1] = [2, 3])", "table[count] of vector of int", "{\n\t[1] = [2, 3]\n}"),
        // Bro treats braces and brackets as the same list.
        ("[1, 2]", "set[count]", "{\n\t1,\n\t2\n}"),
        ("[[1] = \"a\"]", "table[count] of string", "{\n\t[1] = a\n}"),
        ("{ 5 }", "int", "5"),
        ("[ 5 ]", "double", "5.0"),
    ] {
        assert_eq!(typed(text, ty).map(|value| value.to_string()), Ok(printed.into()), "{text}");
    }
    for (text, ty, printed) in [
        ("[1, 2]", "vector of count", "[1, 2]"),
        ("[1, -2]", "vector of int", "[1, -2]"),
        ("[[1], [2.5]]", "vector of vector of double", "[[1.0], [2.5]]"),
        ("[[$a=1]]", "vector of record { a:count; }", "[[a=1]]"),
        ("[[1] = T]", "table[count] of bool", "{\n\t[1] = T\n}"),
    ] {
        let value = untyped(text).unwrap();
        assert_eq!((value.ty().to_string(), value.to_string()), (ty.into(), printed.into()));
    }
    for (text, ty) in [
        ("{ [1] }", "vector of count"),
        ("[[1], 2]", "vector of vector of count"),
        ("[[1] = 2]", "vector of count"),
        ("[1, 2]", "count"),
        ("[1, \"a\"]", "vector of count"),
        ("[1]", "M::Rec"),
    ] {
        assert!(typed(text, ty).is_err(), "{text}");
    }
    assert!(matches!(kind(untyped("[1, \"a\"]")), ParseErrorKind::Mixed { .. }));
    assert!(matches!(kind(untyped("[[1], 2]")), ParseErrorKind::Mixed { .. }));
    let mut declarations = Declarations::new();
    let text =
        "global a: vector of string = { \"curly\" }; global b: vector of string = [\"braces\"];
        type V: vector of count; global c: V = [1]; redef a = [\"a\"];";
    assert!(declarations.read(text).is_err(), "a is not &redef");
    declarations.read(&text.replace("redef a = [\"a\"];", "")).unwrap();
}

#[test]
fn constant_expressions_are_evaluated() {
    let mut declarations = declared();
    declarations
        .read(
            "const half = 0.5; const two = 2; const net = 10.1.2.3; const ab = \"a\" + \"b\";
             const wait = 5 secs / 2; const long = 2 * wait + 1min;",
        )
        .unwrap();
    for (text, printed) in [
        ("\"abc\" + \"def\"", "abcdef"),
        ("ab + \"c\" + ab", "abcab"),
        ("\"\" + \"\\x00\"", "\0"),
        ("5 secs / 2", "2.0 secs 500.0 msecs"),
        ("5secs/2.0", "2.0 secs 500.0 msecs"),
        ("wait / two", "1.0 sec 250.0 msecs"),
        ("wait * half", "1.0 sec 250.0 msecs"),
        ("5 secs / 2 secs", "2.5"),
        ("10 / 2secs", "5.0 secs"),
        ("long", "1.0 min 5.0 secs"),
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("7 / 2.0", "3.5"),
        ("7 % 4", "3"),
        ("2 + 7 % 4 * 2", "8"),
        ("(2 + 7) / 3", "3"),
        ("two/two", "1"),
        ("net/16", "10.1.0.0/16"),
        ("net / two", "0.0.0.0/2"),
        ("10.1.2.3 / 16", "10.1.0.0/16"),
        ("[::ffff:1.2.3.4] / 112", "1.2.0.0/16"),
        ("/a/ | /b/", "/(^?(a)$?)|(^?(b)$?)/"),
        ("vector(/a/ | /b/, /c/)", "[/(^?(a)$?)|(^?(b)$?)/, /^?(c)$?/]"),
        ("time(7.0) + 1min / 2", "37.0"),
    ] {
        let value = Value::parse(text, None, &declarations);
        assert_eq!(value.map(|value| value.to_string()), Ok(printed.into()), "{text}");
    }
    for (text, error) in [
        ("1 / 0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("5secs / 0", "division by zero"),
        (
            "80/sctp",
            "no transport protocol is named `sctp`; ports end in /tcp, /udp, /icmp or /unknown",
        ),
        ("nope + \"a\"", "no variable is named `nope`"),
        ("\"a\" - \"b\"", "cannot apply `-` to a string and a string"),
        ("\"a\" + 1", "cannot apply `+` to a string and a count"),
        ("5secs * 2secs", "cannot apply `*` to an interval and an interval"),
        ("1.5 % 2.0", "cannot apply `%` to a double and a double"),
        ("/a/ + /b/", "cannot apply `+` to a pattern and a pattern"),
        ("/a/ | 1", "expected a pattern, found `1`"),
        ("net/33", "subnet width of `10.1.2.3/33`, limit is 32"),
        ("//", "empty pattern; `/()/` matches an empty text"),
        ("1 /", "expected a value, found the end"),
        (
            "18446744073709551615 / -1",
            "`18446744073709551615 / -1` is not a number, or out of range",
        ),
    ] {
        let found = Value::parse(text, None, &declarations).unwrap_err().kind;
        assert_eq!(found.to_string(), error, "{text}");
    }
    // A slash is a division only after a value.
    for text in ["set(T)", "/a/", "[$p=/a/]", "vector(/a/, /b\\/c/)"] {
        assert!(untyped(text).is_ok(), "{text}");
    }
}

#[test]
fn patterns_that_bro_rejects_are_errors() {
    for re in ["a(", "*", "a|", "(?i:a)", "[z-a]", "a{2,1}", "a{2000}", "\\x4"] {
        for text in [format!("/{re}/"), format!("vector(/x/ | /{re}/)"), format!("[$p=/{re}/]")] {
            assert!(matches!(kind(untyped(&text)), ParseErrorKind::Pattern(_)), "{text}");
        }
        let mut declarations = Declarations::new();
        assert!(declarations.read(&format!("global p: pattern = /{re}/;")).is_err());
        assert!(Event::parse(&format!("e(/{re}/)"), &declarations).is_err());
        let value = Value::from(Pattern::new(re));
        assert_eq!(value.coerce(&Type::PATTERN).is_ok(), re == "a{2000}", "{re}");
    }
}

#[test]
fn an_error_in_a_pattern_has_its_position() {
    let error = untyped("vector(/a/ | /bc(/)").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 14: error compiling pattern: column 3: `(` without `)`; write `\\(` for the \
         character itself"
    );
}

#[test]
fn a_file_has_the_type_of_its_content() {
    let Value::File(ty, file) = untyped("open(\"x.log\")").unwrap() else { panic!() };
    assert_eq!((ty.to_string(), file.ty.clone()), ("file of string".into(), Type::STRING));
    assert_eq!(typed("open(\"x\")", "file").unwrap().to_string(), "file \"x\" of string");
    assert!(typed("open(\"x\")", "file of count").is_err());
}
