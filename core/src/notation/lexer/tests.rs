use std::net::IpAddr;

use super::{Lexer, Position, Token};
use crate::data::{Port, Subnet, Transport};
use crate::notation::ParseErrorKind;

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::new();
    loop {
        match lexer.next().unwrap().0 {
            Token::End => return tokens,
            token => tokens.push(token),
        }
    }
}

fn one(text: &str) -> Token<'_> {
    let mut tokens = tokens(text);
    assert_eq!(tokens.len(), 1, "{text} as {tokens:?}");
    tokens.remove(0)
}

fn error(text: &str) -> ParseErrorKind {
    Lexer::new(text).next().unwrap_err().kind
}

fn addr(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn subnet(prefix: &str, width: u8) -> Token<'static> {
    Token::Subnet(Subnet { prefix: addr(prefix), width })
}

#[test]
fn numbers_and_tokens_that_begin_like_one() {
    assert_eq!(one("0"), Token::Count(0));
    assert_eq!(one("18446744073709551615"), Token::Count(u64::MAX));
    assert_eq!(one("0x1f"), Token::Count(31));
    assert_eq!(one("1.5"), Token::Double(1.5));
    assert_eq!(one(".5"), Token::Double(0.5));
    assert_eq!(one("5."), Token::Double(5.0));
    assert_eq!(one("1e3"), Token::Double(1000.0));
    assert_eq!(one("2.5E-1"), Token::Double(0.25));
    assert_eq!(one("5min"), Token::Interval(300.0));
    assert_eq!(one("3 hrs"), Token::Interval(10800.0));
    assert_eq!(one("2.5 secs"), Token::Interval(2.5));
    assert_eq!(one("1 day"), Token::Interval(86400.0));
    assert_eq!(one("250usecs"), Token::Interval(250.0 * 1e-6));
    assert_eq!(one("1msec"), Token::Interval(1e-3));
    assert_eq!(one("80/tcp"), Token::Port(Port::tcp(80)));
    assert_eq!(one("8/icmp"), Token::Port(Port { transport: Transport::Icmp, number: 8 }));
    let unknown = Port { transport: Transport::Unknown, number: 0 };
    assert_eq!(one("0/unknown"), Token::Port(unknown));
    assert_eq!(
        error("18446744073709551616"),
        ParseErrorKind::Number("18446744073709551616".into())
    );
    assert_eq!(error("0xfg"), ParseErrorKind::Number("0xfg".into()));
    assert_eq!(error("0x"), ParseErrorKind::Number("0x".into()));
    assert_eq!(error("5foo"), ParseErrorKind::Number("5foo".into()));
    assert_eq!(error("1.2.3"), ParseErrorKind::Number("1.2.3".into()));
    assert_eq!(error("65536/tcp"), ParseErrorKind::Number("65536/tcp".into()));
    assert_eq!(tokens("5 minutes"), [Token::Count(5), Token::Name("minutes")]);
}

#[test]
fn addresses_and_subnets() {
    assert_eq!(one("10.0.0.1"), Token::Addr(addr("10.0.0.1")));
    assert_eq!(one("[2001:db8::1]"), Token::Addr(addr("2001:db8::1")));
    assert_eq!(one("[::1]"), Token::Addr(addr("::1")));
    assert_eq!(one("[::ffff:1.2.3.4]"), Token::Addr(addr("::ffff:1.2.3.4")));
    assert_eq!(one("[1:2:3:4:5:6:7:8]"), Token::Addr(addr("1:2:3:4:5:6:7:8")));
    assert_eq!(one("2001:db8::1"), Token::Addr(addr("2001:db8::1")));
    assert_eq!(one("::1"), Token::Addr(addr("::1")));
    assert_eq!(one("fe80::1"), Token::Addr(addr("fe80::1")));
    assert_eq!(one("10.0.0.0/8"), subnet("10.0.0.0", 8));
    assert_eq!(one("10.1.2.3 / 8"), subnet("10.0.0.0", 8));
    assert_eq!(one("1.2.3.4/0"), subnet("0.0.0.0", 0));
    assert_eq!(one("1.2.3.4/32"), subnet("1.2.3.4", 32));
    assert_eq!(one("[2001:db8::]/32"), subnet("2001:db8::", 32));
    assert_eq!(one("[2001:db8:1::]/32"), subnet("2001:db8::", 32));
    assert_eq!(one("::/0"), subnet("::", 0));
    assert_eq!(one("fe80::1/128"), subnet("fe80::1", 128));
    assert_eq!(
        error("10.0.0.0/33"),
        ParseErrorKind::Width { text: "10.0.0.0/33".into(), limit: 32 }
    );
    assert_eq!(error("::/999"), ParseErrorKind::Width { text: "::/999".into(), limit: 128 });
    assert_eq!(tokens("[1, 2]").len(), 5);
}

#[test]
fn names_and_marks() {
    assert_eq!(one("Conn::Info"), Token::Name("Conn::Info"));
    assert_eq!(one("A::B"), Token::Name("A::B"));
    assert_eq!(one("_x9"), Token::Name("_x9"));
    assert_eq!(one("&optional"), Token::Attribute("optional"));
    assert_eq!(
        tokens("a:b # comment ( \" \n##< another\n;"),
        [Token::Name("a"), Token::Mark(':'), Token::Name("b"), Token::Mark(';')]
    );
    assert_eq!(error("@"), ParseErrorKind::Character('@'));
    assert_eq!(error("é"), ParseErrorKind::Character('é'));
}

#[test]
fn strings_and_patterns() {
    let string = |text: &str| match one(text) {
        Token::String(bytes) => bytes.into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(string(r#""""#), b"");
    assert_eq!(string(r#""plain é""#), "plain é".as_bytes());
    assert_eq!(
        string(r#""\n\t\"\\\x41\xfe\0\101\a\b\f\r\v\q""#),
        b"\n\t\"\\A\xfe\0A\x07\x08\x0c\r\x0bq"
    );
    assert_eq!(string(r#""\x0ddir""#), b"\rdir");
    assert_eq!(error(r#""open"#), ParseErrorKind::UnterminatedString);
    assert_eq!(error("\"line\nend\""), ParseErrorKind::UnterminatedString);
    assert_eq!(error(r#""\"#), ParseErrorKind::UnterminatedString);
    assert_eq!(error(r#""\xg""#), ParseErrorKind::Number("\\".into()));
    assert_eq!(error(r#""\777""#), ParseErrorKind::Number("\\777".into()));
    assert_eq!(one(r"/^[0-9]+\.x$/"), Token::Pattern(r"^[0-9]+\.x$"));
    assert_eq!(one(r"/a\/b/"), Token::Pattern(r"a\/b"));
    assert_eq!(error("/open"), ParseErrorKind::UnterminatedPattern);
    assert_eq!(error("/open\n/"), ParseErrorKind::UnterminatedPattern);
    assert_eq!(error("/open\\"), ParseErrorKind::UnterminatedPattern);
}

#[test]
fn positions_count_lines_and_characters() {
    let mut lexer = Lexer::new("é");
    assert!(lexer.next().is_err());
    let mut lexer = Lexer::new("\"é\" a\n  [::1]/64 b");
    let places: Vec<_> = (0..5).map(|_| lexer.next().unwrap().1).collect();
    let expected = [(1, 1), (1, 5), (2, 3), (2, 12), (2, 13)];
    assert_eq!(places, expected.map(|(line, column)| Position { line, column }));
}
