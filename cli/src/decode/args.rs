//! The arguments of `brocomm decode`.

use std::path::PathBuf;

use crate::address;
use crate::clock::Clock;
use crate::columns::Columns;
use crate::number::within;
use brocomm::lowlevel::wire::DataFormat;

/// Prints the messages in recorded sessions and captures, one per line.
///
/// Decodes both directions of each recording, including compression and object caches. Prints for
/// each message: seconds since the connection was accepted, the direction (C>L from the connector
/// to the listener, L>C back), the phase of the sender, the message's name, and its contents.
/// Values are printed as Bro does, with every byte that is not printable ASCII as \xHH.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = AFTER_HELP)]
#[command(mut_group("Columns", |group| group.requires("write_logs")))]
pub(crate) struct Args {
    /// Recordings or captures (pcap, pcapng), gzipped or not. `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// The listener's port in captures.
    #[arg(long, value_name = "PORT", default_value_t = address::PORT,
        value_parser = within(1..=u16::MAX))]
    pub(crate) port: u16,

    /// The data format if no VERSION of the session names it: in a capture that begins too late, or
    /// if both sides announce 0.
    ///
    /// 21 is Bro 2.0, 22 is 2.1, 23 is 2.2, 25 is 2.3 and 2.4, 26 is 2.5.
    #[arg(long, value_name = "NUMBER", default_value = "26", value_parser = data_format)]
    pub(crate) data_format: DataFormat,

    /// Print one JSON object per line; see the end of `--help`. With --write-logs, write JSON
    /// files, unless the sender sets another format.
    #[arg(long)]
    pub(crate) json: bool,

    /// Print a table of messages, bytes, events, compression and cache use.
    #[arg(long, conflicts_with = "verify")]
    pub(crate) summary: bool,

    /// Encode each decoded SERIAL again, and fail at the first byte that differs.
    #[arg(long)]
    pub(crate) verify: bool,

    /// Print each side's synchronized variables after the sync phase and at the end.
    ///
    /// Applies to the initial values what each side sends and receives. Changes that a side does
    /// not send are unknown. The `&synchronized` variables of a side are those declared in its
    /// script, which is in NAME.json beside NAME.jsonl, and in --declarations; without either,
    /// those that are assigned. Variables set by `send_id` are printed at the end too. Files are
    /// printed by name. If the connections of one session are given in order, each one starts with
    /// the values at the end of the previous one.
    #[arg(long, conflicts_with_all = ["summary", "verify", "write_logs"])]
    pub(crate) state: bool,

    /// Write the logs in the session to this directory, as the receiver does.
    ///
    /// Each announced writer gets a file, such as DIR/conn.log, in Bro's ASCII format or in the
    /// format set by the writer's options, which have priority over --separator and the like. A
    /// writer that writes nothing in Bro gets no file. Characters that cannot be part of a file
    /// name are escaped, as in %2F. Existing files are replaced. Prints a line about each file
    /// instead of the messages. `#open` and `#close` are the current time.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["summary", "verify"])]
    pub(crate) write_logs: Option<PathBuf>,

    /// A file with names for the sender's stream and writer numbers.
    ///
    /// Its lines are like `stream 12 Communication::LOG` and `writer 1 Log::WRITER_ASCII`. `#`
    /// begins a comment. A stream without a name is called `log-12`.
    #[arg(long, value_name = "FILE", requires = "write_logs")]
    pub(crate) log_names: Option<PathBuf>,

    /// Write a page for a browser: a sequence diagram of the messages with filters, and plots.
    ///
    /// The page needs no other files and loads nothing. It shows all messages between both sides by
    /// phase and time, each in full on a click, and plots bytes per second, the compression ratio
    /// and cache hits. With several recordings or connections, the page contains all of them to
    /// choose from. An existing file is replaced.
    #[arg(long, value_name = "FILE.html",
        conflicts_with_all = ["json", "summary", "verify", "state", "write_logs"])]
    pub(crate) html: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) columns: Columns,

    #[command(flatten)]
    pub(crate) clock: Clock,

    /// A file with declarations in Bro's notation: types that peers send by name only, and
    /// variables for --state. May be repeated.
    ///
    /// Broccoli sends the name of an enum without its constants, so declare them: `module Ping;
    /// type Kind: enum { FAST, SLOW };`. The enums in the scripts of a recording's metadata,
    /// NAME.json beside NAME.jsonl, are known too; FILE has priority. A constant without a name is
    /// printed as <undefined>, as in Bro.
    ///
    /// With --state, both sides have the `&synchronized` variables in FILE: `global hits: count = 0
    /// &synchronized;`.
    #[arg(long, value_name = "FILE")]
    pub(crate) declarations: Vec<PathBuf>,
}

/// Parses the number of a data format.
fn data_format(text: &str) -> Result<DataFormat, &'static str> {
    let format = text.parse().ok().and_then(DataFormat::from_number);
    format.ok_or("must be 21, 22, 23, 25 or 26")
}

const EXAMPLES: &str = "\
Examples:
  brocomm decode session.jsonl
  brocomm decode --json session.jsonl.gz | jq -c 'select(.event == \"ping\")'
  brocomm decode --summary *.jsonl
  brocomm decode --port 1234 dump.pcapng
  brocomm decode --state session.jsonl
  brocomm decode --html session.html session.jsonl
  brocomm decode --write-logs logs session.jsonl && bro-cut id.orig_h service < logs/conn.log
  zcat session.jsonl.gz | brocomm decode -";

const AFTER_HELP: &str = "\
Recordings:
  One JSON object per line, in chronological order: {\"t\": 0.01, \"from\": \"connector\", \"hex\": \"0000…\"}
  for bytes that a side sent, {\"t\": 1.5, \"close\": \"listener\"} at the end. A recording must start
  with the connection, since later messages refer to earlier ones.

Captures:
  The TCP connections to --port, over IPv4 or IPv6, are reassembled and decoded in turn, each named
  by its addresses. Missing data is reported, and what follows it on that side is skipped. At most
  1 GiB of connections is held in memory. With several connections, --write-logs writes to DIR/1,
  DIR/2, ….

JSON lines:
  t                  seconds since the connection was accepted
  from               \"connector\" or \"listener\": the sender
  phase              the sender's: \"setup\", \"handshake\", \"sync\", \"running\" or \"closed\"
  message            \"SERIAL\", \"REQUEST_EVENTS\", …; absent where decoding stops
  offset, bytes      position and length of the message in the sender's stream
  file               the recording or connection, if there are several
  error              why this message, or the rest of this sender's stream, cannot be decoded
  note               a remark about the message
  skipped            true for a SERIAL after one that could not be decoded
 and, by message:
  SERIAL             event: its name, time and args: [value, …]; id: {name, type, value};
                     state_access: {operation, target, operands}; or
                     packet: {time, length, link_type, tag, data}
  VERSION            version: {protocol, data_format, cache_size, runtime, class}
  CAPS               caps: {flags, names}
  REQUEST_EVENTS     events: [name, …]
  REQUEST_SYNC       authoritative: true or false
  CAPTURE_FILTER     filter
  PING, PONG         ping: {seq, time1, time2, time3}
  SYNC_POINT         point: a number, or \"final\"
  REMOTE_PRINT       prints: [{file, text}, …]
  LOG_CREATE_WRITER  log_writer: {stream, writer, path, columns: [{name, type}, …]}
  LOG_WRITE          log_entries: [{stream, path, values: [value, …]}, …]
Values are those of `brocomm listen --json`; see the end of its `--help`. In log entries, ports are
 numbers. An absent operand or value is null. Types are in Bro's notation.

Summary (--summary --json): one object for each recording
  total              for connector and listener: messages, bytes, chunks, packed_bytes, unpacked_bytes,
                     deflated, stored, objects_in_full, cache_hits, objects_in_cache,
                     serials_not_decoded, bytes_not_decoded, errors
  messages           for each message, connector and listener: count, bytes
  events             for each event, connector and listener: count
  file               the recording or connection, if there are several
 With --verify --json: serials, bytes, difference (null if there is none), errors of connector and
 listener, and file.

State (--state):
  sync  listener  hits = 10       after the sync phase, when both sides are running
  final listener  hits = 12       at the end of the recording
 With --json one object per line: at (\"connector\" or \"listener\"), when (\"sync\" or \"final\"), name,
 value, and file, if several are given. Variables are in the order of their declaration; those
 without a value are left out. If changes of both sides cross, their order on a side is derived from
 the times in the recording and from what the side sent. Entries expire when a side sends `expire`.

Exit codes:
  0  every message of every file was decoded (and, with --verify, encoded to the same bytes)
  1  something could not be decoded; standard error says where. The rest is still printed
  2  the command line is wrong, or one of the files cannot be read; the other files are printed

Examples:
  brocomm decode session.jsonl
  brocomm decode --json session.jsonl.gz | jq -c 'select(.event == \"ping\")'
  brocomm decode --summary *.jsonl
  brocomm decode --port 1234 dump.pcapng
  brocomm decode --state session.jsonl
  brocomm decode --html session.html session.jsonl
  brocomm decode --write-logs logs session.jsonl && bro-cut id.orig_h service < logs/conn.log
  zcat session.jsonl.gz | brocomm decode -";
