//! Simulated faults.

use std::str::FromStr;
use std::time::Duration;

use brocomm_zeek::json::Spelling;
use brocomm_zeek::server::ServerConfig;

use crate::session::seconds;

/// A fault to simulate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    LateAck(Duration),
    ErrorAfter(u64),
    CloseAfter(u64, u16),
    StopAfter(u64),
    NoPong,
    Raw,
}

impl Fault {
    pub(super) fn apply(self, config: &mut ServerConfig) {
        let faults = &mut config.faults;
        match self {
            Fault::LateAck(after) => faults.late_ack = after,
            Fault::ErrorAfter(events) => faults.error_after = Some(events),
            Fault::CloseAfter(events, code) => faults.close_after = Some((events, code)),
            Fault::StopAfter(events) => faults.stop_after = Some(events),
            Fault::NoPong => faults.no_pong = true,
            Fault::Raw => config.encoding.spelling = Spelling::Zeek,
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Fault, String> {
        let number = |text: &str| {
            text.parse::<u64>().map_err(|_| format!("`{text}` is not a number of events"))
        };
        Ok(match text.split_once('=') {
            None if text == "no-pong" => Fault::NoPong,
            None if text == "raw" => Fault::Raw,
            Some(("late-ack", value)) => Fault::LateAck(seconds(value)?),
            Some(("error-after", value)) => Fault::ErrorAfter(number(value)?),
            Some(("stop-after", value)) => Fault::StopAfter(number(value)?),
            Some(("close-after", value)) => {
                let (events, code) =
                    value.split_once(':').ok_or("expected close-after=N:CODE, as in 10:1011")?;
                let code =
                    code.parse().ok().filter(|code| (1000..5000).contains(code)).ok_or_else(
                        || format!("`{code}` is not a close code: must be 1000 to 4999"),
                    )?;
                Fault::CloseAfter(number(events)?, code)
            }
            _ => {
                return Err(
                    "expected late-ack=SECONDS, error-after=N, close-after=N:CODE, stop-after=N, \
                     no-pong or raw"
                        .to_owned(),
                );
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read() {
        for (text, fault) in [
            ("late-ack=1.5", Fault::LateAck(Duration::from_millis(1500))),
            ("error-after=0", Fault::ErrorAfter(0)),
            ("close-after=10:1011", Fault::CloseAfter(10, 1011)),
            ("stop-after=5", Fault::StopAfter(5)),
            ("no-pong", Fault::NoPong),
            ("raw", Fault::Raw),
        ] {
            assert_eq!(text.parse(), Ok(fault));
        }
        for text in ["", "late-ack", "late-ack=x", "close-after=1", "close-after=1:99", "no-pong=1"]
        {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
