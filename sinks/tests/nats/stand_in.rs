//! A mock NATS server that accepts published messages, and acknowledges them or not.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// The reaction of the mock server to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Store,
    /// Store the message, and close the connection without an answer.
    StoreAndClose,
    /// Close the connection and drop the message.
    Close,
    /// Refuse the message with an error code and a text.
    Refuse(u64, &'static str),
    /// Answer that no stream has this subject.
    NoStream,
    /// Do not answer.
    Silence,
}

type Decide = dyn FnMut(&Message) -> Answer + Send;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) subject: String,
    pub(crate) id: String,
    pub(crate) payload: Vec<u8>,
}

#[derive(Default)]
pub(crate) struct Stored {
    pub(crate) messages: Vec<Message>,
    ids: BTreeSet<String>,
    pub(crate) duplicates: u64,
    pub(crate) connects: Vec<String>,
    /// The number of logins to refuse.
    pub(crate) refused_logins: usize,
}

pub(crate) struct StandIn {
    pub(crate) address: String,
    stored: Arc<Mutex<Stored>>,
}

impl StandIn {
    pub(crate) fn start(decide: impl FnMut(&Message) -> Answer + Send + 'static) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stored = Arc::new(Mutex::new(Stored::default()));
        let decide: Arc<Mutex<Box<Decide>>> = Arc::new(Mutex::new(Box::new(decide)));
        let serving = Arc::clone(&stored);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (stored, decide) = (Arc::clone(&serving), Arc::clone(&decide));
                thread::spawn(move || serve(stream, &stored, &decide));
            }
        });
        StandIn { address, stored }
    }

    pub(crate) fn stored(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap()
    }
}

/// Serves a connection until it ends.
fn serve(stream: TcpStream, stored: &Mutex<Stored>, decide: &Mutex<Box<Decide>>) -> Option<()> {
    let mut out = stream.try_clone().ok()?;
    let info = r#"{"server_id":"x","server_name":"x","version":"2.10.0","go":"x","host":"127.0.0.1","port":4222,"headers":true,"max_payload":10000,"proto":1,"jetstream":true}"#;
    write!(out, "INFO {info}\r\n").ok()?;
    let mut reader = BufReader::new(stream);
    let mut sid = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["CONNECT", ..] => {
                let mut stored = stored.lock().unwrap();
                stored.connects.push(line.clone());
                if stored.refused_logins > 0 {
                    stored.refused_logins -= 1;
                    write!(out, "-ERR 'Authorization Violation'\r\n").ok()?;
                    return None;
                }
            }
            ["PING"] => write!(out, "PONG\r\n").ok()?,
            ["SUB", _, number] => sid = (*number).to_owned(),
            ["HPUB", subject, reply, head, total] => {
                let (head, total): (usize, usize) = (head.parse().ok()?, total.parse().ok()?);
                let mut bytes = vec![0; total + 2];
                reader.read_exact(&mut bytes).ok()?;
                let headers = String::from_utf8_lossy(&bytes[..head]).into_owned();
                let id = headers.lines().find_map(|line| line.strip_prefix("Nats-Msg-Id: "));
                let message = Message {
                    subject: (*subject).to_owned(),
                    id: id?.trim().to_owned(),
                    payload: bytes[head..total].to_vec(),
                };
                let answer = decide.lock().unwrap()(&message);
                let text = match answer {
                    Answer::Close => return None,
                    Answer::Silence => continue,
                    Answer::NoStream => {
                        let head = "NATS/1.0 503\r\n\r\n";
                        let length = head.len();
                        write!(out, "HMSG {reply} {sid} {length} {length}\r\n{head}\r\n").ok()?;
                        continue;
                    }
                    Answer::Refuse(code, text) => format!(
                        r#"{{"error":{{"code":503,"err_code":{code},"description":"{text}"}},"stream":"s","seq":0}}"#
                    ),
                    Answer::Store | Answer::StoreAndClose => {
                        let mut stored = stored.lock().unwrap();
                        let is_new = stored.ids.insert(message.id.clone());
                        if is_new {
                            stored.messages.push(message);
                        } else {
                            stored.duplicates += 1;
                        }
                        let number = stored.messages.len();
                        if answer == Answer::StoreAndClose {
                            return None;
                        }
                        format!(r#"{{"stream":"s","seq":{number},"duplicate":{}}}"#, !is_new)
                    }
                };
                write!(out, "MSG {reply} {sid} {}\r\n{text}\r\n", text.len()).ok()?;
            }
            _ => {}
        }
    }
}
