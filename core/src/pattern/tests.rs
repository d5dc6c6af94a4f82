use proptest::prelude::*;

use super::{Expression, PatternError, PatternErrorKind, escaped};
use crate::data::Pattern;

#[track_caller]
fn check(pattern: &str, matching: &[&str], other: &[&str]) {
    let expression = Expression::new(pattern.as_bytes()).unwrap();
    for text in matching {
        assert!(expression.is_match(text.as_bytes()), "/{pattern}/ should match {text:?}");
    }
    for text in other {
        assert!(!expression.is_match(text.as_bytes()), "/{pattern}/ should not match {text:?}");
    }
}

#[track_caller]
fn error(pattern: &str, column: u32, kind: PatternErrorKind) {
    assert_eq!(Expression::new(pattern.as_bytes()).unwrap_err(), PatternError { kind, column });
}

#[test]
fn plain_characters_and_repetitions() {
    check("", &[""], &["a"]);
    check("a*b+c?", &["b", "aabbc"], &["a", "bcc"]);
    check("(ab)+|c", &["ab", "abab", "c"], &["", "abc"]);
    check("a{2}b{1,}c{0,2}", &["aab", "aabbbcc"], &["ab", "aabccc"]);
    check("a{0}b{0,0}c", &["c"], &["ac", "bc"]);
    check("(|a)b", &["b", "ab"], &["a"]);
    check("()x", &["x"], &[""]);
    // A repetition of a repetition, not a lazy or possessive one.
    check("(a+?)b", &["b", "aab"], &["c"]);
    check("a++b|c{2}{2}", &["aab", "cccc"], &["cc", "ccc"]);
    check("]-/:_", &["]-/:_"], &[]);
}

#[test]
fn a_dot_is_any_byte_except_a_newline() {
    check("a.c", &["abc", "a\"c", "a\rc"], &["ac", "a\nc", "aéc"]);
    check("(.|\\n)", &["\n", "x"], &["", "ab"]);
    assert!(Expression::new(b".").unwrap().is_match(b"\xFF"));
}

#[test]
fn anchors_match_the_ends_of_the_text() {
    check("^ab$", &["ab"], &["xab", "abx"]);
    check("^?(ab|^c)$?", &["ab", "c"], &["abx"]);
    check("a^b|a$b|a\\n^b", &[], &["ab", "a\nb"]);
}

#[test]
fn quoted_text_is_literal() {
    check(r#""a.b*"c*"#, &["a.b*", "a.b*cc"], &["axb", "a.bb"]);
    check(r#""ab"{2}"#, &["abab"], &["abb"]);
    check(r#""\x41\"\\" "#, &["A\"\\ "], &[]);
    check(r#"x"""#, &["x"], &[]);
}

#[test]
fn escapes_are_the_same_as_in_bro() {
    check(r"\n\t\r\a\b\f\v", &["\n\t\r\x07\x08\x0C\x0B"], &[]);
    check(r"\x41\x6a\101\0", &["AjA\0"], &[]);
    check(r"\1018\/\.\d\w", &["A8/.dw"], &["A8/.11"]);
    assert!(Expression::new(br"\xff\377").unwrap().is_match(b"\xFF\xFF"));
}

#[test]
fn classes_contain_bytes() {
    check("[a-c]", &["a", "b", "c"], &["d", "-", ""]);
    check("[^a-c]", &["d", "\n", "^"], &["a"]);
    check("[]a]", &["]", "a"], &["[", "b"]);
    check("[^]a]", &["b", "^"], &["]", "a"]);
    check("[-a]|[b-]|[^-c]x", &["-", "a", "b", "dx"], &["-x", "c", "cx"]);
    check(r"[\]\-\\x\x41]", &["]", "-", "\\", "x", "A"], &["a", "4"]);
    check("[[:alpha:]_][[:alnum:]_]*", &["_a1", "Z"], &["1a", "é"]);
    check("[[:x]+", &["[", ":", "x"], &["]"]);
    check("[+--]", &["+", ",", "-"], &["."]);
    check("[a^|*.]+", &["a^|*."], &["b"]);
    assert!(Expression::new(b"[\\200-\\377]").unwrap().is_match(b"\x9A"));
}

#[test]
fn named_classes_are_ascii() {
    for (name, members) in [
        ("blank", " \t"),
        ("digit", "0123456789"),
        ("xdigit", "0123456789abcdefABCDEF"),
        ("space", " \t\n\r\x0B\x0C"),
        ("lower", "abcdefghijklmnopqrstuvwxyz"),
        ("UPPER", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("punct", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    ] {
        let class = Expression::new(format!("[[:{name}:]]").as_bytes()).unwrap();
        let negated = Expression::new(format!("[^[:{name}:]]").as_bytes()).unwrap();
        for byte in 0..=u8::MAX {
            assert_eq!(
                class.is_match(&[byte]),
                members.as_bytes().contains(&byte),
                "{name} {byte}"
            );
            assert_ne!(class.is_match(&[byte]), negated.is_match(&[byte]), "{name} {byte}");
        }
    }
    check("[[:print:]]", &[" ", "~", "a"], &["\t", "\x7F"]);
    check("[[:graph:]]", &["!", "~", "a"], &[" ", "\x7F"]);
    check("[[:cntrl:]]", &["\0", "\x7F"], &[" "]);
    check("[^[:cntrl:][:print:]]", &[], &["a", "\0"]);
}

#[test]
fn case_can_be_ignored() {
    check("(?i:ab[c-d])e", &["abce", "ABDe", "aBCe"], &["abcE"]);
    check(r#"(?i:a"b"(c))d"#, &["AbCd", "abcd"], &["aBcd"]);
    check("(?i:[^a])", &["b", "B"], &["a", "A"]);
}

#[test]
fn each_mistake_has_its_own_error() {
    use PatternErrorKind as Kind;
    error("*a", 1, Kind::NothingToRepeat('*'));
    error("a|+", 3, Kind::NothingToRepeat('+'));
    error("({2})", 2, Kind::NothingToRepeat('{'));
    error("a|", 2, Kind::EmptyAlternative);
    error("(a||b)", 3, Kind::EmptyAlternative);
    error("(a|)", 3, Kind::EmptyAlternative);
    error("é(a", 2, Kind::UnclosedGroup);
    error("a)|(b", 2, Kind::UnopenedGroup);
    error("a(?:b)", 2, Kind::GroupKind);
    error("a\"b", 2, Kind::UnclosedQuote);
    error("a[]", 2, Kind::UnclosedClass);
    error("[a-", 1, Kind::UnclosedClass);
    error("[[:word:]]", 2, Kind::UnknownClass("word".into()));
    error("[xz-a]", 3, Kind::ReversedRange { from: b'z', to: b'a' });
    error("[a-c-e]", 5, Kind::LooseHyphen);
    error("[[:alpha:]-z]", 11, Kind::LooseHyphen);
    error("[a-[:digit:]]", 3, Kind::LooseHyphen);
    error("[a--b]", 3, Kind::LooseHyphen);
    error("a{x}", 2, Kind::MalformedRepeat);
    error("a{1", 2, Kind::MalformedRepeat);
    error("a{,3}", 2, Kind::MalformedRepeat);
    error("a{1, 3}", 2, Kind::MalformedRepeat);
    error("{name}", 1, Kind::MalformedRepeat);
    error("a}", 2, Kind::UnopenedRepeat);
    error("a{3,2}", 2, Kind::ReversedRepeat { min: 3, max: 2 });
    error("a{1001}", 3, Kind::TooManyRepeats { number: "1001".into(), limit: 1000 });
    error(r"a\400", 2, Kind::OctalEscape("400".into()));
    error(r"a\1012", 2, Kind::OctalEscape("1012".into()));
    error(r"a\x4", 2, Kind::HexEscape);
    error(r"[\xg1]", 2, Kind::HexEscape);
    error(r"a\", 2, Kind::LoneBackslash);
    error("a\nb", 2, Kind::EndsPattern(b'\n'));
    error("[\0]", 2, Kind::EndsPattern(0));
    error(&"(".repeat(33), 33, Kind::TooDeep { limit: 32 });
    error("a*****", 6, Kind::TooDeep { limit: 4 });
    error(&"a".repeat(65_537), 1, Kind::TooLong { length: 65_537, limit: 65_536 });
    error("(a{1000}){1000}", 1, Kind::TooLarge { limit: 1 << 20 });
    error("((()*){1000}){1000}{1000}(a{1000}){99}", 1, Kind::TooLarge { limit: 1 << 20 });
}

#[test]
fn patterns_of_the_maximum_depth_compile() {
    let deep = format!("{}a{}", "(".repeat(32), "|b)****".repeat(32));
    check(&deep, &["", "ab"], &["c"]);
    let long = "a|".repeat(10_000) + "b";
    check(&long, &["a", "b"], &["ab"]);
}

#[test]
fn messages_suggest_a_correction() {
    let message = |text: &str| Expression::new(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        message("a(+)"),
        "column 3: nothing precedes `+` to be repeated; write `\\+` for the character itself"
    );
    assert_eq!(
        message("a{x"),
        "column 2: `{` is not followed by `m}`, `m,}` or `m,n}`; write `\\{` for the character itself"
    );
    assert_eq!(message("a{5,2}"), "column 2: `{5,2}` has its greater number first; write `{2,5}`");
    assert_eq!(message("a\nb"), "column 2: `\\n` ends a pattern; write `\\n`");
    assert_eq!(message("\0"), "column 1: `\\x00` ends a pattern; write `\\000`");
}

#[test]
fn values_match_exactly_and_anywhere() {
    let pattern = Pattern::new("b+|^a").matcher().unwrap();
    for (text, exactly, anywhere) in [
        ("bb", true, true),
        ("a", true, true),
        ("xbx", false, true),
        ("\nb", false, true),
        ("xa", false, false),
        ("", false, false),
    ] {
        assert_eq!(pattern.matches_exactly(text.as_bytes()), exactly, "{text:?}");
        assert_eq!(pattern.matches_anywhere(text.as_bytes()), anywhere, "{text:?}");
    }
    let error = Pattern::new("a(").matcher().unwrap_err();
    assert_eq!(error.kind, PatternErrorKind::UnclosedGroup);
}

#[test]
fn a_match_anywhere_consumes_a_byte_or_the_end() {
    for (pattern, text, expected) in [
        ("a*", "", false),
        ("", "", false),
        ("^", "", false),
        ("^a*", "", false),
        ("$", "", true),
        ("^$", "", true),
        ("a*$", "", true),
        ("(a|$)?", "", true),
        ("a$", "", false),
        ("^", "foo", false),
        ("^()", "foo", false),
        ("^x*", "foo", false),
        ("^x*", "xfoo", true),
        ("^(|x)", "xfoo", true),
        ("^(x*|f*)", "foo", true),
        ("^(x?y?){2}(z*|fo)", "foo", true),
        ("^(x*|y*)", "foo", false),
        ("a*", "foo", true),
        ("$", "foo", true),
        ("o^", "foo", false),
    ] {
        let matcher = Pattern::new(pattern).matcher().unwrap();
        let found = matcher.matches_anywhere(text.as_bytes());
        assert_eq!(found, expected, "/{pattern}/ in {text:?}");
    }
    // An exact match of an empty text is possible.
    assert!(Pattern::new("a*").matcher().unwrap().matches_exactly(b""));
    // Even a long pattern is processed quickly.
    let long = format!("^({})", "a?".repeat(4000));
    let long = Pattern::new(&long).matcher().unwrap();
    assert!(long.matches_anywhere(b"a") && !long.matches_anywhere(b"b"));
}

#[test]
fn patterns_that_bro_cannot_compile_are_errors() {
    for wrong in ["*", "a|", "(a", "a)", "[", "a{2,1}", "(?i:a)", "(?:a)", r"\", "a\nb", "\"a"] {
        let pattern = Pattern::new(wrong);
        assert!(pattern.check().is_err(), "{wrong:?}");
        assert!(pattern.matcher().is_err(), "{wrong:?}");
    }
    // Bro's patterns may exceed the limits for matching.
    for large in ["a{2000}", &"(".repeat(40), &"a".repeat(70_000)] {
        assert!(Pattern::new(large).matcher().is_err());
        let right = Pattern::new(&format!("{large}{}", ")".repeat(large.matches('(').count())));
        assert_eq!(right.check(), Ok(()));
    }
    let joined = Pattern::new("a").or("b").or("c");
    assert_eq!(joined.to_string(), "/((^?(a)$?)|(^?(b)$?))|(^?(c)$?)/");
    let matcher = joined.matcher().unwrap();
    assert!(["a", "b", "c"].iter().all(|text| matcher.matches_exactly(text.as_bytes())));
    assert!(matcher.matches_anywhere(b"xcx") && !matcher.matches_exactly(b"ab"));
}

proptest! {
    #[test]
    fn any_quoted_text_is_literal(text in "[^\0\n\"\\\\]{0,20}") {
        let expression = Expression::new(format!("\"{text}\"").as_bytes()).unwrap();
        prop_assert!(expression.is_match(text.as_bytes()));
        prop_assert_eq!(expression.expand(), Some(vec![text.into()]));
    }

    /// Every parsed pattern compiles, unless it is too large.
    #[test]
    fn every_parsed_pattern_compiles(text in r#"([ab(|)*+?{}0-3,\[\]^$.:"\\-]|\(\?i:|\[:a){0,24}"#) {
        match Expression::new(text.as_bytes()) {
            Err(PatternError { kind: PatternErrorKind::TooLarge { .. }, .. }) => {
                prop_assert!(text.contains('{'), "{}", text);
            }
            Err(error) => prop_assert!(error.column as usize <= text.len() + 1),
            // All listed texts match.
            Ok(expression) => for name in expression.expand().into_iter().flatten() {
                prop_assert!(expression.is_match(&name), "{} {:?}", text, name);
            },
        }
    }
}

#[test]
fn bytes_that_are_not_ascii_are_escaped() {
    for (written, text) in [
        ("aéb4", r"a\xc3\xa9b4"),
        (r"\é", r"\xc3\xa9"),
        (r"\\é", r"\\\xc3\xa9"),
        ("[é-ü]", r"[\xc3\xa9-\xc3\xbc]"),
        ("\"é\"", r#""\xc3\xa9""#),
        ("[0-9]", "[0-9]"),
    ] {
        assert_eq!(escaped(written), text);
        let pattern = Pattern::new(written);
        assert!(pattern.exact.is_ascii() && pattern.anywhere.is_ascii());
    }
    let pattern = Pattern::compiled("é+").unwrap();
    assert_eq!(pattern.check(), Ok(()));
    let matcher = pattern.matcher().unwrap();
    assert!(matcher.matches_exactly("é".as_bytes()) && !matcher.matches_exactly(b"e"));
    // Positions are those in the written text.
    assert_eq!(Pattern::compiled("éé(a").unwrap_err().column, 3);

    let raw = |exact: &'static str| Pattern { exact: exact.into(), ..Pattern::new("a") };
    let error = raw("aé").check().unwrap_err();
    assert_eq!(error.kind, PatternErrorKind::NotAscii(0xc3));
    let text = r"column 2: Bro's patterns are ASCII; write `\xc3`";
    assert_eq!(error.to_string(), text);
    assert!(raw("aé").matcher().is_err());
}
