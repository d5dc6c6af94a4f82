//! The arguments of `brocomm decode`.

use std::path::PathBuf;

use crate::address;
use crate::clock::Clock;
use crate::columns::Columns;
use crate::number::within;

/// Shows what recorded sessions carry, one line per message.
///
/// Follows both directions of each recording through its phases, its compression and its object
/// caches, and prints for each message: seconds since the connection was accepted, the direction
/// (C>L from the connector to the listener, L>C back), the phase of its sender, the message's name,
/// and what it carries. Values appear as Bro prints them, with every byte that is not printable
/// ASCII as \xHH.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = AFTER_HELP)]
#[command(mut_group("Columns", |group| group.requires("write_logs")))]
pub(crate) struct Args {
    /// Recordings to decode, or captures (pcap, pcapng), each gzipped or not; `-` for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// The listener's port in captures.
    #[arg(long, value_name = "PORT", default_value_t = address::PORT,
        value_parser = within(1..=u16::MAX))]
    pub(crate) port: u16,

    /// Print one JSON object per line; see the end of `--help`. With --write-logs, write lines of JSON
    /// into the files, unless the sender asks for another form.
    #[arg(long)]
    pub(crate) json: bool,

    /// Print a table of messages, bytes, events, compression and cache use instead.
    #[arg(long, conflicts_with = "verify")]
    pub(crate) summary: bool,

    /// Write each SERIAL again from what was decoded, and fail at the first byte that differs.
    #[arg(long)]
    pub(crate) verify: bool,

    /// Print what each side's synchronized variables hold after the sync phase and at the end.
    ///
    /// Follows both sides' variables from their initial values through what each receives and what
    /// it sends itself; what it changes without sending it can't be known. A side's `&synchronized`
    /// variables are those of its script in NAME.json beside NAME.jsonl, and of --declarations; on
    /// a side of which neither is there, those that are assigned. Variables that a peer's ID sets
    /// (`send_id`) are shown at the end too; files are shown by name. Given the connections of one session in order, goes on
    /// at each with the values at the end of the one before.
    #[arg(long, conflicts_with_all = ["summary", "verify", "write_logs"])]
    pub(crate) state: bool,

    /// Write the logs that the session carries into this folder, as the side that receives them
    /// does.
    ///
    /// Each writer that is announced gets a file, such as DIR/conn.log, in Bro's ASCII form or in
    /// the one that the writer's options ask for, which come before --separator and the like. One that writes nothing in Bro gets none, and what
    /// can't be part of a file's name is written as %2F there. Files of that name that are there already are
    /// replaced. Prints a line about each file instead of the messages. `#open` and `#close` are
    /// the present time.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["summary", "verify"])]
    pub(crate) write_logs: Option<PathBuf>,

    /// Names for the numbers that the sender gives to streams and writers.
    ///
    /// Lines such as `stream 12 Communication::LOG` and `writer 1 Log::WRITER_ASCII`; what follows
    /// a `#` is a comment. A stream without a name is called `log-12`.
    #[arg(long, value_name = "FILE", requires = "write_logs")]
    pub(crate) log_names: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) columns: Columns,

    #[command(flatten)]
    pub(crate) clock: Clock,

    /// Declarations in Bro's notation: types that peers send by name only, variables for --state.
    ///
    /// Broccoli sends the name of an enum and not its constants, whose names then can only come
    /// from here: `module Ping; type Kind: enum { FAST, SLOW };`. If the recording NAME.jsonl has
    /// its metadata NAME.json (gzipped or not) beside it, the enums declared by the scripts in
    /// there are known too; FILE has precedence. Without either, a constant prints as <undefined>,
    /// as it does in Bro if the number is none of the enum's.
    ///
    /// With --state the variables in FILE that are `&synchronized` are both sides':
    /// `global hits: count = 0 &synchronized;`. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) declarations: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  brocomm decode session.jsonl
  brocomm decode --json session.jsonl.gz | jq -c 'select(.event == \"ping\")'
  brocomm decode --summary *.jsonl
  brocomm decode --port 1234 dump.pcapng
  brocomm decode --state session.jsonl
  brocomm decode --write-logs logs session.jsonl && bro-cut id.orig_h service < logs/conn.log
  zcat session.jsonl.gz | brocomm decode -";

const AFTER_HELP: &str = "\
Recordings:
  One JSON object per line, in the order of time: {\"t\": 0.01, \"from\": \"connector\", \"hex\": \"0000…\"}
  for bytes that a side sent, {\"t\": 1.5, \"close\": \"listener\"} at the end. A recording has to begin
  with the connection, since later messages refer to earlier ones.

Captures:
  The TCP connections to --port, by IPv4 or IPv6, are put together and decoded one after the other,
  each named by its addresses. What the capture lacks is told, and what comes after it on that side
  is left out. At most 1 GiB of connections is held in memory. --write-logs writes those of several
  connections into DIR/1, DIR/2, ….

JSON lines:
  t                  seconds since the connection was accepted
  from               \"connector\" or \"listener\": the sender
  phase              the sender's: \"setup\", \"handshake\", \"sync\", \"running\" or \"closed\"
  message            \"SERIAL\", \"REQUEST_EVENTS\", …; absent where a stream ceases to be decodable
  offset, bytes      where the message begins in the sender's stream, and how long it is there
  file               the recording or connection, if there are several
  error              why this, or from here on anything of this sender, can't be decoded
  note               what is remarkable about it
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
 Values are those of `brocomm listen --json`, see the end of its `--help`; in entries of logs ports
 are numbers. An operand or value that is absent is null. Types are in Bro's notation.

Summary (--summary --json): one object for each recording
  total              for connector and listener: messages, bytes, chunks, packed_bytes, unpacked_bytes,
                     deflated, stored, objects_in_full, cache_hits, objects_in_cache,
                     serials_not_decoded, bytes_not_decoded, errors
  messages           for each message, connector and listener: count, bytes
  events             for each event, connector and listener: how many
  file               the recording or connection, if there are several
 With --verify --json: serials, bytes, difference (null if there is none), errors of connector and
 listener, and file.

State (--state):
  sync  listener  hits = 10       after the sync phase, that is when both sides are running
  final listener  hits = 12       at the end of the recording
 With --json one object per line: at (\"connector\" or \"listener\"), when (\"sync\" or \"final\"), name,
 value, and file, if several are given. Variables come in the order of their declaration; those
 without a value are left out. Where changes of both sides cross, which came first on a side is
 taken from the times in the recording and from what it sent; entries expire when a side says so.

Exit codes:
  0  every message of every file was decoded (and, with --verify, written again to the same bytes)
  1  something could not be; standard error says where. The rest is shown all the same
  2  the command line is wrong, or a file that it names can't be read; the others are shown

Examples:
  brocomm decode session.jsonl
  brocomm decode --json session.jsonl.gz | jq -c 'select(.event == \"ping\")'
  brocomm decode --summary *.jsonl
  brocomm decode --port 1234 dump.pcapng
  brocomm decode --state session.jsonl
  brocomm decode --write-logs logs session.jsonl && bro-cut id.orig_h service < logs/conn.log
  zcat session.jsonl.gz | brocomm decode -";
