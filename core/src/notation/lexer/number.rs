//! Tokens that begin with a digit: numbers, intervals, ports, addresses.

use std::net::Ipv4Addr;

use super::{Lexer, Token};
use crate::data::{Port, Transport};
use crate::notation::ParseErrorKind;

/// The units of intervals, in seconds.
const UNITS: [(&str, f64); 6] =
    [("day", 86400.0), ("hr", 3600.0), ("min", 60.0), ("sec", 1.0), ("msec", 1e-3), ("usec", 1e-6)];

impl<'a> Lexer<'a> {
    pub(super) fn number(&mut self) -> Result<Token<'a>, ParseErrorKind> {
        let run = self.address_run();
        if let Ok(v4) = run.parse::<Ipv4Addr>() {
            self.take(run.len());
            return self.maybe_subnet(v4.into());
        }
        if let Some(address) = self.bare_address() {
            return self.maybe_subnet(address);
        }
        if let Some(digits) = self.rest.strip_prefix("0x") {
            let end = digits.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(digits.len());
            let text = self.take(end.saturating_add(2));
            let digits = text.get(2..).unwrap_or_default();
            return match u64::from_str_radix(digits, 16) {
                Ok(number) => Ok(Token::Count(number)),
                Err(_) => Err(ParseErrorKind::Number(ParseErrorKind::quote(text))),
            };
        }
        let text = self.take(float_length(self.rest));
        let wrong = || ParseErrorKind::Number(ParseErrorKind::quote(text));
        let is_whole = text.bytes().all(|b| b.is_ascii_digit());
        if is_whole && let Some(port) = self.port(text)? {
            return Ok(Token::Port(port));
        }
        if let Some(unit) = self.unit() {
            let number: f64 = text.parse().map_err(|_| wrong())?;
            return Ok(Token::Interval(number * unit));
        }
        if self.peek().is_some_and(|c| c == '_' || c == '.' || c.is_ascii_alphanumeric()) {
            let more = self.take_while(|c| c == '_' || c == '.' || c.is_ascii_alphanumeric());
            return Err(ParseErrorKind::Number(ParseErrorKind::quote(&format!("{text}{more}"))));
        }
        if is_whole {
            text.parse().map(Token::Count).map_err(|_| wrong())
        } else {
            text.parse().map(Token::Double).map_err(|_| wrong())
        }
    }

    /// Reads the protocol of a port, if one follows.
    fn port(&mut self, number: &str) -> Result<Option<Port>, ParseErrorKind> {
        let Some(after) = self.rest.strip_prefix('/') else { return Ok(None) };
        let end = after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len());
        let protocol = after.get(..end).unwrap_or_default();
        let known = [Transport::Tcp, Transport::Udp, Transport::Icmp, Transport::Unknown];
        let Some(transport) = known.into_iter().find(|t| t.name() == protocol) else {
            return Ok(None);
        };
        self.take(end.saturating_add(1));
        match number.parse() {
            Ok(number) => Ok(Some(Port { transport, number })),
            Err(_) => {
                let text = format!("{number}/{protocol}");
                Err(ParseErrorKind::Number(ParseErrorKind::quote(&text)))
            }
        }
    }

    /// Reads an interval's unit, if present, and returns its length in seconds.
    fn unit(&mut self) -> Option<f64> {
        let before = *self;
        self.take_while(|c| c == ' ' || c == '\t');
        let word = self.take_while(|c| c == '_' || c.is_ascii_alphanumeric());
        let singular = word.strip_suffix('s').unwrap_or(word);
        let unit = UNITS.iter().find(|(name, _)| *name == singular).map(|(_, seconds)| *seconds);
        if unit.is_none() {
            *self = before;
        }
        unit
    }
}

/// Returns the length in bytes of the number at the beginning of the text.
fn float_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count().saturating_add(from)
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end.saturating_add(1));
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = end.saturating_add(1);
        let start = sign.saturating_add(usize::from(matches!(bytes.get(sign), Some(b'+' | b'-'))));
        let exponent_end = digits(start);
        if exponent_end > start {
            end = exponent_end;
        }
    }
    end
}
