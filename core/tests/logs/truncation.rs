//! Recorded log messages, truncated at every byte.

use brocomm::logs::LogError;
use brocomm::lowlevel::logs::{LogErrorKind, LogReceiver};
use brocomm::lowlevel::wire::Message;
use bytes::Bytes;

use super::log_sessions;

#[test]
fn every_truncation_is_an_error() {
    for (session, _, messages) in log_sessions() {
        let mut receiver = LogReceiver::default();
        for message in messages {
            match message {
                Message::LogCreateWriter(argument) => {
                    for length in 0..argument.len() {
                        check_truncated(receiver.announce(&argument.slice(..length)), length);
                    }
                    receiver.announce(&argument).unwrap();
                }
                Message::LogWrite(argument) => truncate_entries(&receiver, &argument),
                _ => unreachable!(),
            }
        }
        assert!(receiver.writers().count() >= 3, "{}", session.name());
    }
}

/// Checks that a truncated LOG_WRITE gives its complete entries and then one error.
fn truncate_entries(receiver: &LogReceiver, argument: &Bytes) {
    let mut whole = 0;
    for length in 0..argument.len() {
        let cut = argument.slice(..length);
        let mut received: Vec<_> = receiver.entries(&cut).collect();
        if received.iter().all(Result::is_ok) {
            // The cut is between two entries.
            assert!(length == 0 || received.len() == whole + 1);
            whole = received.len();
        } else {
            check_truncated(received.pop().unwrap(), length);
            assert_eq!(received.len(), whole);
            assert!(received.iter().all(Result::is_ok));
        }
    }
    assert_eq!(receiver.entries(argument).count(), whole + 1);
}

fn check_truncated<T: std::fmt::Debug>(result: Result<T, LogError>, length: usize) {
    let error = result.unwrap_err();
    assert!(error.offset as usize <= length);
    match error.kind {
        LogErrorKind::Truncated { wanted } => assert!(wanted > 0),
        LogErrorKind::TooManyElements { count, left } => {
            assert!(count > 0 && left as usize <= length);
        }
        other => panic!("{other:?}"),
    }
}
