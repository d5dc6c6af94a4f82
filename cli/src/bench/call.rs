//! The event that the benchmark sends, and the reply to it.

use brocomm::data::{Declarations, Event, EventDecl, Name, TypeTag, Value};
use bytes::Bytes;

use crate::declare::pointed;
use crate::failure::{Failure, misused};

/// The number of bytes that the event's number occupies in a string.
pub(super) const DIGITS: usize = 16;

/// Creates numbered events, and finds the numbers in the replies.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) event: Name,
    pub(super) reply: Name,
    parts: Vec<Part>,
    /// The argument with the number.
    number: Part,
    /// The length of strings, in bytes.
    size: usize,
}

/// The kind of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The number.
    Count,
    /// A string with the number and padding.
    Text,
    /// The time when the event is sent.
    Time,
}

impl Call {
    /// Creates the calls of an event, given by its name and types, with strings of `size` bytes.
    pub(super) fn new(event: &str, reply: &str, size: usize) -> Result<Call, Failure> {
        let EventDecl { name: event, params } = EventDecl::parse(event, &Declarations::new())
            .map_err(|error| misused(format_args!("--event: {}", pointed(event, &error))))?;
        EventDecl::parse(&format!("{reply}()"), &Declarations::new())
            .map_err(|_| misused(format_args!("--reply: `{reply}` is not the name of an event")))?;
        let mut parts = Vec::new();
        for field in &params {
            parts.push(match field.ty.tag() {
                Some(TypeTag::Count) => Part::Count,
                Some(TypeTag::String | TypeTag::Any) => Part::Text,
                Some(TypeTag::Time) => Part::Time,
                _ => {
                    return Err(misused(format_args!(
                        "--event: {event}: the types must be count, string, any or time"
                    )));
                }
            });
        }
        let Some(number) = parts.iter().copied().find(|part| *part != Part::Time) else {
            return Err(misused(format_args!(
                "--event: {event}: a count, a string or an any is needed to identify its \
                 replies"
            )));
        };
        Ok(Call { event, reply: Name::from(reply), parts, number, size: size.max(DIGITS) })
    }

    /// Returns the total length of the strings of an event, in bytes.
    pub(super) fn payload(&self) -> usize {
        self.parts.iter().filter(|part| **part == Part::Text).count().saturating_mul(self.size)
    }

    /// Creates the event with this number and time.
    pub(super) fn make(&self, number: u64, time: f64) -> Event {
        let value = |part: &Part| match part {
            Part::Count => Value::Count(number),
            Part::Text => Value::String(self.text(number)),
            Part::Time => Value::Time(time),
        };
        let args = self.parts.iter().map(value).collect();
        Event { name: self.event.clone(), time, args }
    }

    fn text(&self, number: u64) -> Bytes {
        let mut text = format!("{number:0DIGITS$x}").into_bytes();
        text.resize(self.size, b'.');
        text.into()
    }

    /// Returns the number of the event that this reply answers. Returns `None` if it answers none,
    /// or if its string does not have the length that was sent. Other arguments may precede the
    /// number.
    pub(super) fn number(&self, reply: &Event) -> Option<u64> {
        if reply.name != self.reply {
            return None;
        }
        reply.args.iter().find_map(|arg| match (arg, self.number) {
            (Value::Count(number), Part::Count) => Some(*number),
            (Value::String(text), Part::Text) if text.len() == self.size => {
                let digits = std::str::from_utf8(text.get(..DIGITS)?).ok()?;
                u64::from_str_radix(digits, 16).ok()
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_identifies_its_event() {
        for (event, size, payload) in [
            ("echo(any)", 0, 16),
            ("echo(string)", 16, 16),
            ("ping(time, count)", 64, 0),
            ("e(count, string, time, string)", 100, 200),
        ] {
            let call = Call::new(event, "reply", size).unwrap();
            assert_eq!(call.payload(), payload, "{event}");
            for number in [0, 1, 0xfedc, u64::MAX] {
                let made = call.make(number, 1.5);
                assert_eq!(call.number(&made), None, "another name");
                let mut reply = Event { name: "reply".into(), ..made };
                assert_eq!(call.number(&reply), Some(number), "{event}");
                reply.args.insert(1, Value::Time(2.5));
                assert_eq!(call.number(&reply), Some(number), "{event}");
                if let Some(Value::String(text)) = reply.args.get_mut(0) {
                    *text = text.slice(1..);
                    assert_eq!(call.number(&reply), None, "{event}");
                }
                reply.args.clear();
                assert_eq!(call.number(&reply), None, "{event}");
            }
        }
    }

    #[test]
    fn events_that_cannot_carry_a_number_are_refused() {
        for event in ["e(", "e()", "e(time)", "e(count, addr)"] {
            assert!(matches!(Call::new(event, "r", 16), Err(Failure::Usage)), "{event}");
        }
    }
}
