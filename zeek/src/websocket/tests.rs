use bytes::Bytes;

use super::frame::{self, Header, Masks, Opcode};
use super::handshake::{Answer, HandshakeError, answer};
use super::request::read_request;
use super::{CloseFrame, Frames, Incoming, Limits, Violation, accept_key, read_close};

fn framed(opcode: Opcode, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write(opcode, payload, mask, &mut out);
    out
}

fn all(bytes: &[u8], piece: usize, limit: usize) -> Result<Vec<Incoming>, Violation> {
    let mut frames = Frames::new(limit, true);
    let mut found = Vec::new();
    for piece in bytes.chunks(piece) {
        frames.feed(piece);
        while let Some(incoming) = frames.poll()? {
            found.push(incoming);
        }
    }
    Ok(found)
}

#[test]
fn frames_of_all_lengths_round_trip() {
    let mut masks = Masks::new(5);
    for length in [0, 1, 3, 125, 126, 127, 65_535, 65_536, 100_000] {
        let payload: Vec<u8> = (0..length).map(|at| at as u8 & 0x7f).collect();
        for mask in [None, Some(masks.next()), Some([0; 4])] {
            let bytes = framed(Opcode::Text, &payload, mask);
            let (header, head) = Header::read(&bytes).unwrap();
            assert_eq!((header.length, header.mask), (length, mask));
            assert_eq!(head as u64 + length, bytes.len() as u64);
            for piece in [1, 3, bytes.len()] {
                let found = all(&bytes, piece, 1 << 20);
                assert_eq!(found, Ok(vec![Incoming::Message(payload.clone().into())]));
            }
        }
    }
}

#[test]
fn protocol_violations_are_reported() {
    use Violation as V;
    for (bytes, violation) in [
        (&[0xc1, 0][..], V::ReservedBit),
        (&[0xa1, 0], V::ReservedBit),
        (&[0x91, 0], V::ReservedBit),
        (&[0x83, 0], V::Opcode),
        (&[0x8b, 0], V::Opcode),
        (&[0x89, 126, 0, 126], V::LongPing),
        (&[0x09, 0], V::FragmentedControl),
        (&[0x0a, 0], V::FragmentedControl),
        (&[0x08, 0], V::FragmentedControl),
        (&[0x80, 0], V::Continuation),
        (&[0x01, 0, 0x81, 0], V::Interleaved),
        (&[0x01, 0, 0x82, 0], V::Interleaved),
        (&[0x81, 1, 0xff], V::NotUtf8),
        (&[0x01, 1, 0xc3, 0x80, 1, b'a'], V::NotUtf8),
        // The length is checked before memory is allocated.
        (&[0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], V::TooBig),
        (&[0x82, 126, 0x04, 0x01], V::TooBig),
        (&[0x02, 1, b'a', 0x80, 126, 0x04, 0x00], V::TooBig),
        (&[0x88, 126, 0, 126], V::Opcode),
    ] {
        for piece in [1, bytes.len()] {
            assert_eq!(all(bytes, piece, 1024), Err(violation), "{bytes:x?}");
        }
    }
    // Binary frames may contain any bytes.
    assert_eq!(
        all(&[0x82, 1, 0xff], 3, 9),
        Ok(vec![Incoming::Message(Bytes::from_static(&[0xff]))])
    );
    // A character may be split between fragments, with a ping in between.
    let cut = [0x01, 1, 0xc3, 0x89, 1, b'p', 0x00, 0, 0x80, 1, 0xa4];
    let expected = [Incoming::Ping("p".into()), Incoming::Message("ä".into())];
    assert_eq!(all(&cut, 1, 9), Ok(expected.to_vec()));
    // As in Zeek, a pong may be longer.
    let pong = [&[0x8a, 126, 0, 126][..], &[b'x'; 126]].concat();
    assert_eq!(all(&pong, 7, 999).unwrap().len(), 1);
}

#[test]
fn close_codes_are_checked() {
    let close =
        |code: u16, reason: &[u8]| read_close(&[&code.to_be_bytes(), reason].concat().into());
    for code in [1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 5000]
    {
        assert_eq!(close(code, b"r"), Ok(CloseFrame { code, reason: "r".into() }));
    }
    for code in [0, 999, 1004, 1006, 1014, 2000, 2999] {
        assert_eq!(close(code, b""), Err(Violation::CloseCode(code)));
    }
    assert_eq!(close(1000, b"\xff"), Err(Violation::NotUtf8));
    assert_eq!(read_close(&"".into()).map(|frame| frame.code), Ok(1005));
    assert_eq!(read_close(&"x".into()).map(|frame| frame.code), Ok(1005));
}

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn accepted() -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {}\r\nUpgrade: WebSocket\r\n\r\n",
        accept_key(KEY.as_bytes())
    )
}

#[test]
fn answers_to_the_handshake() {
    assert_eq!(accept_key(KEY.as_bytes()), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let ask = |text: &str, is_ended| answer(text.as_bytes(), KEY, 1024, is_ended);
    let good = accepted();
    assert_eq!(ask(&good, false), Answer::Accepted(good.len()));
    assert_eq!(ask(&format!("{good}\u{1}"), false), Answer::Accepted(good.len()));
    for length in 0..good.len() {
        assert_eq!(ask(&good[..length], false), Answer::Incomplete, "{length}");
        assert_eq!(ask(&good[..length], true), Answer::Wrong(HandshakeError::Closed), "{length}");
    }
    // Zeek's refusals have no empty line at the end.
    let refusal = "HTTP/1.1 400 Missing Upgrade header\r\nServer: x\r\n";
    let refused = HandshakeError::Refused("HTTP/1.1 400 Missing Upgrade header".to_owned());
    assert_eq!(ask(refusal, false), Answer::Incomplete);
    assert_eq!(ask(refusal, true), Answer::Wrong(refused.clone()));
    assert_eq!(ask(&format!("{refusal}\r\n"), false), Answer::Wrong(refused));
    for (text, error) in [
        ("SSH-2.0-x\r\n".to_owned(), HandshakeError::NotHttp("SSH-2.0-x".to_owned())),
        ("SSH".to_owned(), HandshakeError::NotHttp("SSH".to_owned())),
        (good.replace("WebSocket", "h2c"), HandshakeError::Header("Upgrade")),
        (good.replace("s3p", "S3p"), HandshakeError::Header("Sec-WebSocket-Accept")),
        (
            good.replace("Upgrade:", "Sec-WebSocket-Extensions: permessage-deflate\r\nUpgrade:"),
            HandshakeError::Header("Sec-WebSocket-Extensions"),
        ),
        (
            good.replace("Upgrade:", &format!("X: {}\r\nUpgrade:", "x".repeat(2000))),
            HandshakeError::TooLong,
        ),
        ("HTTP/1.1 ".repeat(200), HandshakeError::TooLong),
    ] {
        assert_eq!(ask(&text, false), Answer::Wrong(error), "{text}");
    }
}

#[test]
fn requests_are_bounded() {
    let endless = "GET /".to_owned() + &"x".repeat(2000);
    assert_eq!(read_request(endless.as_bytes(), 1024), Err("Request too long".to_owned()));
    let headers = "GET / HTTP/1.1\r\n".to_owned() + &"A: b\r\n".repeat(500);
    assert_eq!(read_request(headers.as_bytes(), 1024), Err("Request too long".to_owned()));
    assert_eq!(read_request(b"GET / HT", 1024), Ok(None));
    assert!(Limits::default().handshake > 1024);
}
