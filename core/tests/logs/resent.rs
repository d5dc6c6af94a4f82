//! A node sends recorded logs again.

use std::collections::BTreeMap;
use std::sync::Arc;

use brocomm::Time;
use brocomm::data::Name;
use brocomm::logs::{LogField, LogStream, LogValue};
use brocomm::lowlevel::connection::Requests;
use brocomm::lowlevel::logs::{Announced, LogReceiver, LogWriter};
use brocomm::lowlevel::wire::Message;
use brocomm::node::{Options, Raised};
use bytes::Bytes;

use super::{entries, log_sessions};
use crate::framework::bench::Bench;
use crate::framework::support::{SECOND, peer, set_up};

/// The announcements by path, and all entries concatenated, regardless of batches.
fn unbatched<'a>(
    messages: impl IntoIterator<Item = &'a Message>,
) -> (BTreeMap<Name, Bytes>, Vec<u8>) {
    let (mut writers, mut all) = (BTreeMap::new(), Vec::new());
    for message in messages {
        match message {
            Message::LogCreateWriter(argument) => {
                let path = LogWriter::decode(argument).unwrap().path;
                assert!(writers.insert(path, argument.clone()).is_none());
            }
            Message::LogWrite(argument) => all.extend_from_slice(argument),
            _ => {}
        }
    }
    (writers, all)
}

/// The stream that a writer belongs to.
fn stream(writer: &LogWriter) -> LogStream {
    let LogWriter { stream: number, writer, path, options, fields, .. } = writer.clone();
    LogStream { number, writer, path, fields, options }
}

/// The recorded writers, with the number of entries of each.
fn recorded_writers(messages: &[Message]) -> Vec<(Arc<LogWriter>, usize)> {
    let mut receiver = LogReceiver::default();
    let mut writers = Vec::new();
    for message in messages {
        match message {
            Message::LogCreateWriter(argument) => match receiver.announce(argument).unwrap() {
                Announced::New(writer) => writers.push((writer, 0)),
                again => panic!("{again:?}"),
            },
            Message::LogWrite(argument) => {
                for entry in entries(&receiver, argument) {
                    let of = writers.iter_mut().find(|(writer, _)| *writer == entry.writer);
                    of.unwrap().1 += 1;
                }
            }
            _ => unreachable!(),
        }
    }
    writers
}

#[test]
fn a_node_sends_recorded_logs_with_the_same_bytes() {
    let (mut writers_sent, mut entries_sent) = (0, 0);
    for (session, _, messages) in log_sessions() {
        let mut bench = Bench::begun(Time::EPOCH, Options::default(), vec![("peer", peer())]);
        let mut receiver = LogReceiver::default();
        for (writer, number) in recorded_writers(&messages) {
            bench.node.declare_log(stream(&writer)).unwrap();
            if number == 0 {
                // Its entries were written before the peer connected.
                let unset = |field: &LogField| LogValue::Unset(field.ty);
                let entry: Vec<LogValue> = writer.fields.iter().map(unset).collect();
                let now = Time::from_secs_f64(writer.network_time);
                bench.node.write_log(writer.stream, &entry, now).unwrap();
            }
        }
        bench.accept(Some(set_up(Requests {
            request_logs: true,
            accept_input: false,
            ..Requests::default()
        })));
        for message in &messages {
            match message {
                Message::LogCreateWriter(argument) => {
                    receiver.announce(argument).unwrap();
                }
                Message::LogWrite(argument) => {
                    for entry in entries(&receiver, argument) {
                        let now = Time::from_secs_f64(entry.writer.network_time);
                        bench.now = bench.now.max(now);
                        let stream = entry.writer.stream;
                        let raised = bench.node.write_log(stream, &entry.values, now).unwrap();
                        assert_eq!(raised, Raised { peers: 1, ..Raised::default() });
                        entries_sent += 1;
                    }
                }
                _ => unreachable!(),
            }
        }
        bench.pass(SECOND);
        let (recorded_writers, recorded) = unbatched(&messages);
        let (writers, sent) = unbatched(&bench.hands[0].sent);
        assert!(sent == recorded, "{}", session.name());
        assert_eq!(writers.len(), recorded_writers.len());
        for (path, argument) in &recorded_writers {
            assert!(writers[path] == argument, "{}: {path}", session.name());
        }
        writers_sent += writers.len();
    }
    assert_eq!((writers_sent, entries_sent), (19, 100));
}
